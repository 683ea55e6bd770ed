"""A page of a list: what is asked of a store, and what it hands back."""

from typing import Any

import msgspec

from dataservice.domain.document import Stored
from dataservice.domain.query.sort import BY_ID, Sort
from dataservice.domain.query.tree import EVERYTHING, Condition

# Where the last document of a page stands in the sort, in the store's own JSON-able form.
Position = Any


class PageQuery(msgspec.Struct, frozen=True):
    """The first `limit` documents that meet the condition after a position of the same sort."""

    limit: int
    after: Position | None = None
    condition: Condition = EVERYTHING
    sort: Sort = BY_ID


class Page(msgspec.Struct, frozen=True):
    items: tuple[Stored, ...]
    next: Position | None
    """Where the following page starts; None on the last page."""
