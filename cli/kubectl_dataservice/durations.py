"""Spans of time as kubectl reads and writes them: 90s, 5m, 3d4h."""

import re
from datetime import UTC, datetime
from itertools import pairwise
from typing import Final

import typer

_SPAN: Final = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s?)?")
_UNITS: Final = (("y", 365 * 86_400), ("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))
_TWO_UNITS_BELOW: Final = 10


def seconds(text: str) -> int:
    """The seconds of `1h30m`, `90s` or `90`; for the command line."""
    match = _SPAN.fullmatch(text)
    if match is None or not any(match.groups()):
        raise typer.BadParameter(f"{text!r} is not a time: write 90s, 5m or 1h")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3_600 + minutes * 60 + rest


def span(duration: float) -> str:
    """The largest unit, and the next one as well while there are few: 45s, 5m20s, 15m, 2d3h."""
    left = max(0, int(duration))
    for (unit, size), (below, step) in pairwise(_UNITS):
        if left >= size:
            count, rest = left // size, left % size // step
            return f"{count}{unit}" + (f"{rest}{below}" if rest and count < _TWO_UNITS_BELOW else "")
    return f"{left}s"


def age(timestamp: str | None, now: datetime | None = None) -> str:
    """Time since an instant of the API, empty where there is none."""
    if not timestamp:
        return ""
    return span(((now or datetime.now(UTC)) - datetime.fromisoformat(timestamp)).total_seconds())
