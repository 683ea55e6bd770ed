"""Those who ask the same at the same time share an answer."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable
from typing import Any, Final, TypeVar

_T = TypeVar("_T")

_MOST_WAIT_SECONDS: Final = 0.1


class Shared:
    """Nobody is told anything older than the question: who comes while it is being asked waits for the next time, with
    all others who do, until the first answer is there or for a tenth of a second. So an idle service adds no wait, and
    a page that many look at costs its store a few queries a second.
    """

    def __init__(self, most_wait: float = _MOST_WAIT_SECONDS) -> None:
        self._most_wait = most_wait
        self._asked: dict[Hashable, asyncio.Task[Any]] = {}
        self._next: dict[Hashable, asyncio.Task[Any]] = {}

    async def ask(self, question: Hashable, answer: Callable[[], Awaitable[_T]]) -> _T:
        """`answer` may be that of another caller with the same question; whoever is cancelled takes no other along."""
        task = self._next.get(question)
        if task is None:
            task = asyncio.create_task(self._answered(question, answer))
            task.add_done_callback(_seen)
            self._next[question] = task
        result: _T = await asyncio.shield(task)
        return result

    async def _answered(self, question: Hashable, answer: Callable[[], Awaitable[_T]]) -> _T:
        if before := self._asked.get(question):
            await asyncio.wait([before], timeout=self._most_wait)
        task = self._asked[question] = self._next.pop(question)
        try:
            return await answer()
        finally:
            if self._asked.get(question) is task:
                del self._asked[question]


def _seen(task: asyncio.Task[Any]) -> None:
    """An error that nobody waits for anymore is nobody's."""
    if not task.cancelled():
        task.exception()
