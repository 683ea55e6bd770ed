"""A bound on waits that are many and seldom late."""

import asyncio
from collections.abc import Awaitable
from typing import Any, Final, TypeVar

_T = TypeVar("_T")
_LOOKS: Final = 10
"""In the time of a wait."""


class Deadline:
    """Does what asyncio.timeout does at a fraction of its price, which is that of a timer: one looks after all waits,
    and so ends one up to a tenth of the time late. A task has one wait at a time.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._due: dict[asyncio.Task[Any], float] = {}
        self._late: dict[asyncio.Task[Any], int] = {}
        """With how often others had asked each to end."""
        self._looking = False

    async def wait(self, work: Awaitable[_T], due: float | None = None) -> _T:
        """Raises TimeoutError; `due` is by the event loop's clock, in place of `seconds` from now."""
        loop = asyncio.get_running_loop()
        task = asyncio.current_task(loop)
        assert task is not None  # noqa: S101 - a coroutine runs in one
        self._due[task] = loop.time() + self.seconds if due is None else due
        if not self._looking:
            self._look_later(loop)
        try:
            return await work
        except BaseException as error:
            before = self._late.get(task)
            # As asyncio.Timeout does it: whoever else cancels the task is not kept from it.
            if before is not None and task.uncancel() <= before and isinstance(error, asyncio.CancelledError):
                raise TimeoutError from None
            raise
        finally:
            del self._due[task]
            self._late.pop(task, None)

    def _look_later(self, loop: asyncio.AbstractEventLoop) -> None:
        self._looking = True
        loop.call_later(self.seconds / _LOOKS, self._look, loop)

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        now = loop.time()
        for task, due in self._due.items():
            if now >= due and task not in self._late:
                self._late[task] = task.cancelling()
                task.cancel()
        self._looking = False
        if self._due:
            self._look_later(loop)
