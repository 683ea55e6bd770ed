"""Who is told of changes: how many at once, how long, and when there is nothing to tell."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing, suppress
from typing import Final

import msgspec

from dataservice.domain.cursor import CursorSigner
from dataservice.domain.event import Change, Event
from dataservice.domain.repository import Repository
from dataservice.errors import TooManyWatchers

MOST: Final = 100
"""Each has a connection of its own, to MongoDB too."""
QUIET_SECONDS: Final = 15.0
"""Proxies end connections on which nothing is sent; most after a minute."""
LIFE_SECONDS: Final = 900.0
"""Then the client asks again, with a credential that has to hold still."""

# What a position is bound to, as a cursor is to its query.
_HISTORY = "events"


class Told(msgspec.Struct, frozen=True):
    id: str | None = None
    """From where a later watch can go on."""
    change: Change | None = None
    """None: nothing has happened."""


class Watchers:
    def __init__(
        self,
        repository: Repository,
        cursor_key: bytes,
        quiet_seconds: float = QUIET_SECONDS,
        life_seconds: float = LIFE_SECONDS,
    ) -> None:
        self._repository = repository
        self._positions = CursorSigner(cursor_key)
        self._quiet_seconds = quiet_seconds
        self._life_seconds = life_seconds
        self._watching = 0
        self._over = False
        self._ends: asyncio.Future[None] | None = None

    def end(self) -> None:
        """End all watches, those to come after their first word. May be called from a signal handler."""
        self._over = True
        if self._ends:
            self._ends.get_loop().call_soon_threadsafe(self._end)

    async def watch(self, after: str | None) -> AsyncGenerator[Told]:
        """First from where the watch begins, then each change; a Told without one after a quiet while.

        Nothing is kept for who reads slowly: the store is asked for the next event when the last has been taken.
        Raises InvalidCursor, TooManyWatchers and what `Repository.watch` does.
        """
        position = None if after is None else self._positions.read(after, _HISTORY)
        if self._watching >= MOST:
            raise TooManyWatchers(MOST)
        self._watching += 1
        try:
            async with aclosing(self._repository.watch(position)) as events:
                yield self._told(await anext(events))
                async with aclosing(self._following(events)) as following:
                    async for told in following:
                        yield told
        finally:
            self._watching -= 1

    async def _following(self, events: AsyncGenerator[Event]) -> AsyncGenerator[Told]:
        loop = asyncio.get_running_loop()
        self._ends = ends = self._ends or loop.create_future()
        born = spoken = loop.time()
        quiet = Told()
        following = asyncio.ensure_future(anext(events, None))
        try:
            while not self._over and loop.time() < born + self._life_seconds:
                wait = max(0, spoken + self._quiet_seconds - loop.time())
                done, _ = await asyncio.wait(
                    {following, ends}, timeout=wait, return_when=asyncio.FIRST_COMPLETED
                )
                if following in done:
                    event = following.result()
                    if event is None:  # the history itself has ended
                        return
                    told = self._told(event)
                    following = asyncio.ensure_future(anext(events, None))
                    if event.change is None:
                        quiet = (
                            told  # to be said in the next silence, and not at each step of a busy database
                        )
                        continue
                elif ends in done:
                    return
                else:
                    told = quiet
                spoken, quiet = loop.time(), Told()
                yield told
        finally:
            following.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await following

    def _told(self, event: Event) -> Told:
        position = None if event.position is None else self._positions.sign(event.position, _HISTORY)
        return Told(position, event.change)

    def _end(self) -> None:
        if self._ends and not self._ends.done():
            self._ends.set_result(None)
