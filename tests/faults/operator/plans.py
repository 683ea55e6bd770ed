"""What may go wrong, and where."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    KILL = "kill"
    """The operator is killed (-9) when its n-th write is done, before it hears of it, and started again."""
    STALE = "stale"
    """The same, and what it lists first when it starts again is what it listed first in its life."""
    LOST = "lost"
    """The n-th write is done; its answer never comes."""
    CONFLICT = "conflict"
    """The n-th write is refused with 409."""
    BUSY = "busy"
    """The n-th write is refused with 429 and Retry-After."""
    BROKEN = "broken"
    """The n-th write is answered with 500, and not done."""
    LEASE = "lease"
    """The n-th write is on its way while the lease is lost; it comes through when the next leader is at rest."""
    DROP = "drop"
    """The n-th event of a watch is not told."""
    DUPLICATE = "duplicate"
    """The n-th event is told twice."""
    DELAY = "delay"
    """The n-th event, and what follows it in its watch, comes a second late."""
    GONE = "gone"
    """In place of the n-th event its watch ends with 410."""
    CUT = "cut"
    """In place of the n-th event its connection breaks."""


OF_WRITES: Final = (
    Fault.KILL,
    Fault.STALE,
    Fault.LOST,
    Fault.CONFLICT,
    Fault.BUSY,
    Fault.BROKEN,
    Fault.LEASE,
)
OF_EVENTS: Final = (Fault.DROP, Fault.DUPLICATE, Fault.DELAY, Fault.GONE, Fault.CUT)
_AT_EACH: Final = frozenset({Fault.KILL, Fault.STALE, Fault.LOST, Fault.LEASE})
"""What an operator has done when it ends decides what it finds: no two places are alike."""


@dataclass(frozen=True)
class Plan:
    fault: Fault
    at: int
    """Number of the write or event, from 1."""

    def __str__(self) -> str:
        return f"{self.fault}:{self.at}"

    @classmethod
    def parse(cls, text: str) -> "Plan":
        """The inverse of `str`. Raises ValueError."""
        fault, _, at = text.partition(":")
        return cls(Fault(fault), int(at))


Signature = tuple[object, ...]
"""Two writes, or events, with the same one are alike for a fault that leaves nothing behind."""


def all_plans(writes: Sequence[Signature], events: Sequence[Signature]) -> Iterator[Plan]:
    """Every plan that can differ from the others, from the writes and events of an undisturbed run.

    Left out: the second and later of writes that go to the same kind by the same verb in the same step, for refusals,
    which leave nothing behind; and of events of the same type and kind in the same step.
    """
    for fault in OF_WRITES:
        places = range(1, len(writes) + 1) if fault in _AT_EACH else _first_of_each(writes)
        yield from (Plan(fault, at) for at in places)
    for fault in OF_EVENTS:
        yield from (Plan(fault, at) for at in _first_of_each(events))


def one_of_each(plans: Iterable[Plan]) -> list[Plan]:
    """The middle one of each fault."""
    places: dict[Fault, list[Plan]] = {}
    for plan in plans:
        places.setdefault(plan.fault, []).append(plan)
    return [each[len(each) // 2] for each in places.values()]


def _first_of_each(signatures: Sequence[Signature]) -> list[int]:
    first: dict[Signature, int] = {}
    for at, signature in enumerate(signatures, start=1):
        first.setdefault(signature, at)
    return list(first.values())
