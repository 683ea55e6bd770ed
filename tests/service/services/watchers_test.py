"""What a watcher is told, and when there is nothing to tell."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

import pytest

from dataservice.domain.event import Change, Event, EventPosition
from dataservice.errors import TooManyWatchers
from dataservice.services import watchers
from dataservice.services.watchers import Told, Watchers
from dataservice.storage.memory import MemoryRepository

KEY = b"k" * 32


class Quiet(MemoryRepository):
    """Tells these events and then waits."""

    def __init__(self, *events: Event) -> None:
        super().__init__()
        self._events = events
        self.closed = 0

    async def watch(self, after: EventPosition | None) -> AsyncGenerator[Event]:  # noqa: ARG002 - of the Protocol
        try:
            for event in self._events:
                yield event
            await asyncio.Event().wait()
        finally:
            self.closed += 1


async def taken(told: AsyncGenerator[Told], count: int) -> list[Told]:
    async with asyncio.timeout(20), aclosing(told):
        return [await anext(told) for _ in range(count)]


async def test_in_a_silence_a_watcher_hears_that_the_watch_goes_on() -> None:
    told = await taken(Watchers(Quiet(Event(0)), KEY, quiet_seconds=0.001).watch(None), 3)

    assert told[0].id
    assert told[1:] == [Told(), Told()]


async def test_a_position_that_has_moved_on_without_a_change_is_told_in_the_next_silence_once() -> None:
    quiet = Quiet(Event(0), Event(1), Event(2), Event(3, Change("deleted", "x", None)), Event(4), Event(5))

    told = await taken(Watchers(quiet, KEY, quiet_seconds=0.05).watch(None), 4)

    ids = [each.id for each in told]
    assert [each.change is not None for each in told] == [False, True, False, False]
    assert len(set(ids)) == 4
    assert ids[3] is None


async def test_who_leaves_makes_room_and_closes_what_the_store_had_open() -> None:
    quiet = Quiet(Event(0))
    watching = Watchers(quiet, KEY)
    open_ = [watching.watch(None) for _ in range(watchers.MOST)]
    for each in open_:
        await anext(each)

    with pytest.raises(TooManyWatchers):
        await anext(watching.watch(None))

    for each in open_:
        await each.aclose()
    assert quiet.closed == watchers.MOST
    await taken(watching.watch(None), 1)


async def test_a_watch_ends_after_a_while_so_that_its_credential_is_looked_at_again() -> None:
    watching = Watchers(Quiet(Event(0)), KEY, quiet_seconds=0.001, life_seconds=0.01)

    async with asyncio.timeout(20):
        told = [each async for each in watching.watch(None)]

    assert told[0].id
