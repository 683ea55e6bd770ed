"""Instants in whole milliseconds: what BSON dates hold and what clients see."""

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Final

_RECENT: Final = 64
"""A busy service stores several documents in a millisecond."""


@lru_cache(_RECENT)
def from_unix_ms(milliseconds: int) -> datetime:
    seconds, rest = divmod(milliseconds, 1000)
    return _second(seconds).replace(microsecond=rest * 1000)


@lru_cache(_RECENT)
def rfc3339(instant: datetime) -> str:
    """RFC 3339 with milliseconds and Z, of an instant in UTC; of fixed width, so that text order is time order."""
    return instant.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_rfc3339(text: Any) -> datetime | None:
    """The inverse of `rfc3339`; None for whatever it does not write."""
    try:
        instant = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        return None
    return instant if instant.tzinfo is UTC and rfc3339(instant) == text else None


def rfc3339_of_unix_ms(milliseconds: int) -> str:
    """What `rfc3339(from_unix_ms(milliseconds))` gives, and raises; 3 us instead of 13 while seconds repeat, as they
    do among documents that were stored together.
    """
    seconds, rest = divmod(milliseconds, 1000)
    return f"{_text_of_second(seconds)}.{rest:03d}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@lru_cache(maxsize=4096)
def _text_of_second(seconds: int) -> str:
    return _second(seconds).replace(tzinfo=None).isoformat()
