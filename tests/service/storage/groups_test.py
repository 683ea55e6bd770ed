"""What goes together, and what becomes of each."""

import asyncio
from collections.abc import Sequence

import pytest

from dataservice.storage.groups import Bounds, Groups


class Server:
    """Holds each group until it is let go."""

    def __init__(self, items: int = 100, size: int = 100, seconds: float | None = None) -> None:
        self.groups: list[tuple[str, ...]] = []
        self.senders: list[asyncio.Task[object] | None] = []
        self.free = asyncio.Semaphore(0)
        self.to_all: Exception | None = None
        self.put = Groups(self._send, Bounds(items, size, seconds))

    async def _send(self, items: Sequence[str]) -> Sequence[str | Exception]:
        self.groups.append(tuple(items))
        self.senders.append(asyncio.current_task())
        await self.free.acquire()
        if self.to_all:
            raise self.to_all
        return [ValueError(each) if each.startswith("bad") else each.upper() for each in items]

    async def asked(self, *items: str) -> list[asyncio.Task[str]]:
        """Each has done what it can without an answer."""
        tasks = [asyncio.create_task(self.put.put(each, len(each))) for each in items]
        await asyncio.sleep(0)
        return tasks

    def let_go(self, groups: int = 1) -> None:
        for _ in range(groups):
            self.free.release()


async def test_one_goes_at_once_and_in_its_callers_task() -> None:
    server = Server()
    (task,) = await server.asked("a")
    assert server.senders == [task]
    server.let_go()
    assert await task == "A"


async def test_those_that_come_meanwhile_go_together() -> None:
    server = Server()
    tasks = await server.asked("a", "b", "bad", "c")
    server.let_go(2)
    assert await asyncio.gather(*tasks[:2], tasks[3]) == ["A", "B", "C"]
    with pytest.raises(ValueError, match="bad"):
        await tasks[2]
    assert server.groups == [("a",), ("b", "bad", "c")]


async def test_one_that_is_alone_is_told_its_own_error() -> None:
    server = Server()
    (task,) = await server.asked("bad")
    server.let_go()
    with pytest.raises(ValueError, match="bad"):
        await task


async def test_after_a_failure_the_next_are_sent() -> None:
    server = Server()
    server.to_all = OSError("away")
    tasks = await server.asked("a", "b", "c")
    server.let_go(2)
    assert [type(each) for each in await asyncio.gather(*tasks, return_exceptions=True)] == [OSError] * 3
    server.to_all = None
    (task,) = await server.asked("d")
    server.let_go()
    assert await task == "D"


@pytest.mark.parametrize("cancelled", [0, 2], ids=["under way", "waiting"])
async def test_one_that_is_cancelled_takes_no_other_with_it(cancelled: int) -> None:
    server = Server()
    tasks = await server.asked("a", "b", "c", "d")
    tasks[cancelled].cancel()
    await asyncio.sleep(0)
    server.let_go(2)
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(told.pop(cancelled), asyncio.CancelledError)
    assert told == [each.upper() for position, each in enumerate("abcd") if position != cancelled]


async def test_a_group_is_bounded_in_items_and_size_and_one_that_is_larger_goes_alone() -> None:
    server = Server(items=3, size=4)
    tasks = await server.asked("a", "b", "c", "d", "e", "ff", "gggggg", "h")
    server.let_go(100)
    await asyncio.gather(*tasks)
    assert server.groups == [("a",), ("b", "c", "d"), ("e", "ff"), ("gggggg",), ("h",)]


async def test_what_takes_too_long_is_ended() -> None:
    server = Server(seconds=0.01)
    tasks = await server.asked("a", "b")
    told = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in told] == [TimeoutError] * 2


async def test_closing_waits_for_all() -> None:
    server = Server()
    tasks = await server.asked("a", "b")
    closing = asyncio.create_task(server.put.close())
    await asyncio.sleep(0)
    assert not closing.done()
    server.let_go(2)
    await closing
    assert all(task.done() for task in tasks)
    await server.put.close()
