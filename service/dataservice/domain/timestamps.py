"""Instants in whole milliseconds: what BSON dates hold and what clients see."""

from datetime import UTC, datetime
from typing import Any


def from_unix_ms(milliseconds: int) -> datetime:
    seconds, rest = divmod(milliseconds, 1000)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest * 1000)


def rfc3339(instant: datetime) -> str:
    """RFC 3339 with milliseconds and Z; of fixed width, so that text order is time order."""
    return instant.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def from_rfc3339(text: Any) -> datetime | None:
    """The inverse of `rfc3339`; None for whatever it does not write."""
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo is UTC and rfc3339(instant) == text else None
