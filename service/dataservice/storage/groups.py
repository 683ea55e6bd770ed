"""What comes while one is under way goes to the server together."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Bounds:
    items: int
    size: int = 0
    """Of a group's items together; one that is larger goes alone."""

    seconds: float | None = None
    """How long a group may be under way."""


@dataclass(frozen=True, slots=True)
class _Waiting(Generic[_Item, _Result]):
    item: _Item
    size: int
    outcome: asyncio.Future[_Result]


class Groups(Generic[_Item, _Result]):
    """An item goes at once while no other is under way; those that come meanwhile are the next group. So an idle
    service adds no wait, and a busy one pays the driver once for many.
    """

    def __init__(
        self, send: Callable[[Sequence[_Item]], Awaitable[Sequence[_Result | Exception]]], bounds: Bounds
    ) -> None:
        """`send` gives a result or an error for each item of a group; what it raises is the outcome of all."""
        self._send = send
        self._bounds = bounds
        self._waiting: deque[_Waiting[_Item, _Result]] = deque()
        self._under_way: asyncio.Future[None] | None = None

    async def put(self, item: _Item, size: int = 0) -> _Result:
        """The item's own result; raises its own error."""
        loop = asyncio.get_running_loop()
        if self._under_way is None:
            return await self._send_alone(item, loop.create_future())
        outcome: asyncio.Future[_Result] = loop.create_future()
        self._waiting.append(_Waiting(item, size, outcome))
        return await outcome

    async def close(self) -> None:
        """Wait for what is under way."""
        while self._under_way is not None:
            await asyncio.wait([self._under_way])

    async def _send_alone(self, item: _Item, done: asyncio.Future[None]) -> _Result:
        """In the caller's own task: one more is two turns of the event loop, which a lone request need not wait for."""
        self._under_way = done
        try:
            async with asyncio.timeout(self._bounds.seconds):
                (result,) = await self._send([item])
        finally:
            done.set_result(None)
            # Its own task, so that a request that is cancelled takes no other with it.
            self._under_way = asyncio.create_task(self._send_all()) if self._waiting else None
        if isinstance(result, Exception):
            raise result
        return result

    async def _send_all(self) -> None:
        try:
            while group := self._next_group():
                _settle(group, await self._results(group))
        finally:
            self._under_way = None

    async def _results(self, group: Sequence[_Waiting[_Item, _Result]]) -> Sequence[_Result | Exception]:
        try:
            async with asyncio.timeout(self._bounds.seconds):
                return await self._send([each.item for each in group])
        except Exception as error:  # noqa: BLE001 - raised where each is awaited; the others have to be sent
            return [error] * len(group)

    def _next_group(self) -> Sequence[_Waiting[_Item, _Result]]:
        group: list[_Waiting[_Item, _Result]] = []
        size = 0
        while self._waiting and len(group) < self._bounds.items:
            if self._waiting[0].outcome.done():  # its request was cancelled
                self._waiting.popleft()
                continue
            size += self._waiting[0].size
            if group and size > self._bounds.size:
                break
            group.append(self._waiting.popleft())
        return group


def _settle(group: Sequence[_Waiting[_Item, _Result]], results: Sequence[_Result | Exception]) -> None:
    for each, result in zip(group, results, strict=True):
        if each.outcome.done():  # its request was cancelled
            continue
        if isinstance(result, Exception):
            each.outcome.set_exception(result)
        else:
            each.outcome.set_result(result)
