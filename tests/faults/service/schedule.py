"""Which faults befall the service, and when: made from a seed, written down, read again, made smaller."""

import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    LATENCY = "latency"
    """What passes the link waits so many milliseconds, half as many or half as many again."""
    BANDWIDTH = "bandwidth"
    """Each connection passes so many bytes a second."""
    RESET = "reset"
    """Each connection is reset (RST) at both ends after so many bytes more."""
    HALF_OPEN = "half-open"
    """Each connection passes so many bytes more and then nothing ever again; nothing is closed."""
    KILL_SERVICE = "kill-service"
    """The service is killed (-9) while it works on a request."""
    KILL_DATABASE = "kill-database"
    """The database is killed (-9) while the service works on a request."""


KILLS: Final = (Kind.KILL_SERVICE, Kind.KILL_DATABASE)
_AMOUNTS: Final[Mapping[Kind, tuple[int, int]]] = {
    Kind.LATENCY: (5, 150),
    Kind.BANDWIDTH: (10_000, 100_000),
    Kind.RESET: (0, 3_000),
    Kind.HALF_OPEN: (0, 3_000),
}
_LONGEST: Final[Mapping[Kind, float]] = {Kind.KILL_SERVICE: 0.3, Kind.HALF_OPEN: 0.5, Kind.RESET: 1.0}
_SECONDS: Final = 1.5
_TEXT: Final = re.compile(r"([a-z-]+)@(\d+\.\d+)\+(\d+\.\d+)(?:=(\d+))?")
_NONE: Final = "none"


@dataclass(frozen=True)
class Fault:
    kind: Kind
    at: float
    """Seconds from the beginning of the load."""
    seconds: float
    """How long it lasts, at least: it goes on until it has happened. A killed process stays down so long."""
    amount: int = 0

    def __str__(self) -> str:
        return f"{self.kind}@{self.at:.2f}+{self.seconds:.2f}" + (
            f"={self.amount}" if self.kind in _AMOUNTS else ""
        )


Schedule = tuple[Fault, ...]


def planned(seed: int, kinds: Sequence[Kind], *, faults: int, seconds: float) -> Schedule:
    """Each kind as often as any other, or once more, at random points of so many seconds."""
    dice = random.Random(seed)  # noqa: S311 - a choice
    some = [kinds[number % len(kinds)] for number in range(faults)]
    return tuple(sorted((_fault(dice, kind, seconds) for kind in some), key=lambda each: each.at))


def _fault(dice: random.Random, kind: Kind, seconds: float) -> Fault:
    lasts = dice.uniform(0.1, _LONGEST.get(kind, _SECONDS))
    amount = dice.randint(*_AMOUNTS[kind]) if kind in _AMOUNTS else 0
    return Fault(kind, round(dice.uniform(0, seconds), 2), round(lasts, 2), amount)


def written(schedule: Schedule) -> str:
    return ",".join(map(str, schedule)) or _NONE


def parsed(text: str) -> Schedule:
    """The inverse of `written`. Raises ValueError."""
    return () if text == _NONE else tuple(_parsed(each) for each in text.split(","))


def _parsed(text: str) -> Fault:
    found = _TEXT.fullmatch(text)
    if found is None or (found[1] in _AMOUNTS) != (found[4] is not None):
        raise ValueError(f"not a fault: {text!r}; one is written as {Fault(Kind.LATENCY, 1, 2, 30)}")
    return Fault(Kind(found[1]), float(found[2]), float(found[3]), int(found[4] or 0))


def shrunk(schedule: Schedule, fails: Callable[[Schedule], bool]) -> Schedule:
    """A part of a failing schedule that fails as well, and no longer does without any one of its faults.

    Halves are left out first, then quarters, down to single faults (Zeller and Hildebrandt's ddmin, 2002, without
    its subsets).
    """
    size = len(schedule)
    while size:
        start = 0
        while start < len(schedule):
            less = schedule[:start] + schedule[start + size :]
            if fails(less):
                schedule = less
            else:
                start += size
        size //= 2
    return schedule
