"""A queue of keys with the semantics of client-go's workqueue.

A key is worked on by one worker at a time; added again meanwhile, it is worked on once more afterwards; added twice
before it is taken, it is taken once. Each key has at most one timer: its retry or its next resync, whichever was
asked for last, unless an earlier one is set.

What can wait is taken when nothing else is there: an edit does not queue behind a thousand resources that are new, or
behind a resync of them all.
"""

import asyncio
import random
import time
from collections import deque
from typing import Final, Generic, TypeVar

K = TypeVar("K")

FIRST_RETRY_SECONDS: Final = 0.2
LAST_RETRY_SECONDS: Final = 300.0
_MOST_DOUBLINGS: Final = 16


class WorkQueue(Generic[K]):
    def __init__(self) -> None:
        self._order: deque[K] = deque()
        self._later: deque[K] = deque()
        self._patient: set[K] = set()
        """Keys that are dirty and can wait."""

        self._dirty: dict[K, float] = {}
        self._processing: set[K] = set()
        self._timers: dict[K, asyncio.TimerHandle] = {}
        self._failures: dict[K, int] = {}
        self._filled = asyncio.Event()

    def add(self, key: K, *, later: bool = False) -> None:
        """Have the key worked on; `later` when nothing else is to be done, unless it was added without it."""
        if key in self._dirty and (later or key not in self._patient):
            return
        if later:
            self._patient.add(key)
        else:
            self._patient.discard(key)
        self._dirty.setdefault(key, time.monotonic())
        if key not in self._processing:
            self._append(key)

    def add_after(self, key: K, seconds: float) -> None:
        """Add the key in `seconds`, unless it is due earlier already."""
        loop = asyncio.get_running_loop()
        timer = self._timers.get(key)
        if timer is not None:
            if timer.when() <= loop.time() + seconds:
                return
            timer.cancel()
        self._timers[key] = loop.call_later(seconds, self._due, key)

    def retry(self, key: K) -> float:
        """Add the key after a back-off that doubles with each failure in a row; returns the seconds."""
        failures = min(self._failures.get(key, 0), _MOST_DOUBLINGS)
        self._failures[key] = failures + 1
        longest = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2.0**failures)
        seconds = longest * random.uniform(0.5, 1)  # noqa: S311 - jitter, so that many keys do not come back at once
        self.add_after(key, seconds)
        return seconds

    def forget(self, key: K) -> None:
        """The key succeeded: its next failure starts the back-off anew."""
        self._failures.pop(key, None)

    async def get(self) -> K:
        """The next key, which is this worker's until `done`."""
        while (key := self._next()) is None:
            self._filled.clear()
            await self._filled.wait()
        del self._dirty[key]
        self._patient.discard(key)
        self._processing.add(key)
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()
        return key

    def done(self, key: K) -> None:
        self._processing.discard(key)
        if key in self._dirty:
            self._append(key)

    def depth(self) -> int:
        return len(self._dirty)

    def oldest_seconds(self) -> float:
        """How long the key that waits longest has waited."""
        first = next(iter(self._dirty.values()), None)
        return 0.0 if first is None else time.monotonic() - first

    def _append(self, key: K) -> None:
        (self._later if key in self._patient else self._order).append(key)
        self._filled.set()

    def _next(self) -> K | None:
        if self._order:
            return self._order.popleft()
        while self._later:
            key = self._later.popleft()
            if (
                key in self._patient and key not in self._processing
            ):  # else it became urgent, and was taken before
                return key
        return None

    def _due(self, key: K) -> None:
        self._timers.pop(key, None)
        self.add(key, later=True)
