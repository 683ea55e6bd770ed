"""What a client asks of a list."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from dataservice.domain.query.fields import Fields
from dataservice.domain.query.parse import parse_filter
from dataservice.domain.query.shorthand import parse_shorthand
from dataservice.domain.query.sort import BY_ID, Sort, canonical, parse_sort
from dataservice.domain.query.tree import EVERYTHING, Condition, both

Count = Literal["none", "estimated", "exact"]

_encode = msgspec.json.Encoder().encode


class Selection(msgspec.Struct, frozen=True):
    """Which documents, and what of them."""

    condition: Condition = EVERYTHING
    fields: Fields | None = None
    """None for whole documents."""


class ListQuery(msgspec.Struct, frozen=True):
    limit: int
    cursor: str | None = None
    condition: Condition = EVERYTHING
    sort: Sort = BY_ID
    fields: Fields | None = None
    """None for whole documents."""
    count: Count = "none"

    @property
    def text(self) -> str:
        """What a cursor is bound to: two queries have the same exactly if they walk the same list."""
        sort = f"sort={canonical(self.sort)}"
        return sort if self.condition == EVERYTHING else f"{sort}&filter={_encode(self.condition).decode()}"


def parse_condition(text: str | None, shorthands: Mapping[str, str]) -> Condition:
    """The filter and all shorthands together. Raises InvalidFilter."""
    condition = EVERYTHING if text is None else parse_filter(text)
    for name in sorted(shorthands):
        condition = both(condition, parse_shorthand(name, shorthands[name]))
    return condition


def parse_order(text: str | None, schema: Mapping[str, Any]) -> Sort:
    """Raises InvalidSort."""
    return BY_ID if text is None else parse_sort(text, schema)
