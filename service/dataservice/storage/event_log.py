"""Histories that are read by number: SQLite's table and the memory's list. MongoDB has its own."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, NamedTuple

from dataservice.domain.event import Change, Event, EventPosition
from dataservice.errors import EventsGone

KEPT: Final = 100_000
"""How many of the latest changes can still be asked for."""

BATCH: Final = 10
"""Changes in the memory of one watcher; each may have a document of the largest size."""

_Numbered = tuple[int, Change | None]


class Bell:
    """Rung at a change of this process. Who waits takes `next()` first, then looks, then waits."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def ring(self) -> None:
        self._rung.set()
        self._rung = asyncio.Event()

    def next(self) -> asyncio.Event:
        return self._rung


class Log(NamedTuple):
    origin: str
    """Which history the numbers belong to: another file or process has another."""
    last: int
    read: Callable[[int], Awaitable[Sequence[_Numbered]]]
    """The changes after a number, at most BATCH. Numbers have no gaps, so that one shows what was removed."""


async def follow(
    log: Log, bell: Bell, after: EventPosition | None, poll_seconds: float | None
) -> AsyncGenerator[Event]:
    """Looks at each ring, and every `poll_seconds` for what other processes change. Raises EventsGone."""
    number = log.last if after is None else _number(log, after)
    await _following(log, number)  # what is gone is told before anything else
    yield Event([log.origin, number])
    while True:
        rung = bell.next()
        changes = await _following(log, number)
        for at, change in changes:
            number = at
            yield Event([log.origin, number], change)
        if not changes:
            with suppress(TimeoutError):
                await asyncio.wait_for(rung.wait(), poll_seconds)


async def _following(log: Log, number: int) -> Sequence[_Numbered]:
    changes = await log.read(number)
    if changes and changes[0][0] != number + 1:
        raise EventsGone
    return changes


def _number(log: Log, position: EventPosition) -> int:
    origin, number = position
    if origin != log.origin or number > log.last:
        raise EventsGone
    return int(number)
