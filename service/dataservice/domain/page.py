"""A page of a list: what is asked of a store, and what it hands back."""

from typing import Any

import msgspec

from dataservice.domain.document import Stored

# The sort values of the last document of a page, in the store's own JSON-able form.
Position = Any


class PageQuery(msgspec.Struct, frozen=True):
    """The first `limit` documents after a position, in ascending order of `_id`."""

    limit: int
    after: Position | None = None


class Page(msgspec.Struct, frozen=True):
    items: tuple[Stored, ...]
    next: Position | None
    """Where the following page starts; None on the last page."""
