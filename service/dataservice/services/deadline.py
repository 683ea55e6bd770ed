"""A bound on waits that are many and seldom late."""

import asyncio
from collections.abc import Awaitable
from typing import Final, TypeVar

_T = TypeVar("_T")
_LOOKS: Final = 10
"""In the time of a wait."""


class _Wait:
    __slots__ = ("due", "late", "task")

    def __init__(self, task: asyncio.Task[object], due: float) -> None:
        self.task = task
        self.due = due
        self.late = False


class Deadline:
    """Does what asyncio.timeout does at a fraction of its price, which is that of a timer: one looks after all waits,
    and so ends one up to a tenth of the time late.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._waits: set[_Wait] = set()
        self._looking = False

    async def wait(self, work: Awaitable[_T], due: float | None = None) -> _T:
        """Raises TimeoutError; `due` is by the event loop's clock, in place of `seconds` from now."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - a coroutine runs in one
        before = task.cancelling()
        wait = _Wait(task, loop.time() + self.seconds if due is None else due)
        self._waits.add(wait)
        if not self._looking:
            self._look_later(loop)
        try:
            return await work
        except BaseException as error:
            # As asyncio.Timeout does it: whoever else cancels the task is not kept from it.
            if wait.late and task.uncancel() <= before and isinstance(error, asyncio.CancelledError):
                raise TimeoutError from None
            raise
        finally:
            self._waits.remove(wait)

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = True
        loop.call_later(self.seconds / _LOOKS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for wait in self._waits:
            if now >= wait.due and not wait.late:
                wait.late = True
                wait.task.cancel()
        self._looking = False
        if self._waits:
            self._look_later(loop)
