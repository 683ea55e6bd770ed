"""What happens to documents, in the order in which it does."""

from typing import Any, Literal

import msgspec

# Where a store is in its history, in its own JSON-able form.
EventPosition = Any

Kind = Literal["created", "updated", "deleted"]


class Change(msgspec.Struct, frozen=True):
    kind: Kind
    id: str
    json: bytes | None
    """The document as it was right after the change or later, never before. None for `deleted`."""


class Event(msgspec.Struct, frozen=True):
    """A change, or none: then all up to the position has been told, and it alone moves on."""

    position: EventPosition
    change: Change | None = None
