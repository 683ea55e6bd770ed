"""One page out of documents in any order, for stores that have no query language of their own."""

from collections.abc import Iterable, Iterator
from heapq import nsmallest
from itertools import islice
from typing import Any

import msgspec

from dataservice.domain.document import Stored
from dataservice.domain.page import Page, PageQuery
from dataservice.domain.query.budget import Budget
from dataservice.domain.query.match import matches
from dataservice.domain.query.sort import Key, key
from dataservice.domain.query.tree import Condition

_decode = msgspec.json.Decoder().decode


def select(documents: Iterable[Stored], query: PageQuery, budget: Budget) -> Page:
    """The first `limit` of those that match and follow `query.after`. Raises QueryTooSlow."""
    after = None if query.after is None else Key(query.after, query.sort)
    found = (
        (key(document, query.sort), stored)
        for document, stored in matching(documents, query.condition, budget)
    )
    rest = (each for each in found if after is None or after < each[0])
    return page(nsmallest(query.limit + 1, rest, key=_place), query.limit)


def count(documents: Iterable[Stored], condition: Condition, budget: Budget, most: int | None) -> int:
    """How many match; no further than `most`. Raises QueryTooSlow."""
    return sum(1 for _ in islice(matching(documents, condition, budget), most))


def page(found: list[tuple[Key, Stored]], limit: int) -> Page:
    """A page of what was found in order, one more than `limit` if there are more."""
    items = tuple(stored for _, stored in found[:limit])
    return Page(items, found[limit - 1][0].values if len(found) > limit else None)


def matching(
    documents: Iterable[Stored], condition: Condition, budget: Budget
) -> Iterator[tuple[dict[str, Any], Stored]]:
    """Those that match, decoded and as they are. Raises QueryTooSlow."""
    for stored in documents:
        budget.spend()
        document: dict[str, Any] = _decode(stored.json)
        if matches(condition, document, budget):
            yield document, stored


def _place(found: tuple[Key, Stored]) -> Key:
    return found[0]
