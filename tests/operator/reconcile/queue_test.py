"""The work queue."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice_operator.reconcile.queue import FIRST_RETRY_SECONDS, LAST_RETRY_SECONDS, WorkQueue
from tests.operator.until import until

HOUR = 3600.0


@pytest.fixture
async def queue() -> WorkQueue[str]:
    return WorkQueue()


async def waits(queue: WorkQueue[str]) -> bool:
    """Whether there is nothing to take."""
    taking = asyncio.create_task(queue.get())
    for _ in range(5):
        await asyncio.sleep(0)
    still = not taking.done()
    taking.cancel()
    return still


async def test_keys_come_in_the_order_in_which_they_were_added(queue: WorkQueue[str]) -> None:
    for key in "abc":
        queue.add(key)
    assert [await queue.get() for _ in range(3)] == ["a", "b", "c"]


async def test_a_key_added_twice_is_taken_once(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("a")
    assert await queue.get() == "a"
    assert await waits(queue)


async def test_what_can_wait_is_taken_when_nothing_else_is_there(queue: WorkQueue[str]) -> None:
    queue.add("new", later=True)
    queue.add("newer", later=True)
    queue.add("edited")
    assert [await queue.get() for _ in range(3)] == ["edited", "new", "newer"]


async def test_what_could_wait_and_cannot_any_more_is_taken_first_and_once(queue: WorkQueue[str]) -> None:
    queue.add("other", later=True)
    queue.add("a", later=True)
    queue.add("a")
    queue.add("a", later=True)
    assert [await queue.get() for _ in range(2)] == ["a", "other"]
    assert await waits(queue)


async def test_what_can_wait_is_not_worked_on_by_two(queue: WorkQueue[str]) -> None:
    queue.add("a", later=True)
    queue.add("a")
    await queue.get()
    queue.add("a", later=True)
    assert await waits(queue)
    queue.done("a")
    assert await queue.get() == "a"


async def test_a_key_added_while_it_is_worked_on_waits_for_that_and_comes_once_more(
    queue: WorkQueue[str],
) -> None:
    queue.add("a")
    await queue.get()
    queue.add("a")
    queue.add("a")
    assert await waits(queue)
    queue.done("a")
    assert await queue.get() == "a"
    queue.done("a")
    assert await waits(queue)


async def test_a_worker_that_waits_gets_what_is_added(queue: WorkQueue[str]) -> None:
    taking = asyncio.create_task(queue.get())
    await asyncio.sleep(0)
    queue.add("a")
    assert await asyncio.wait_for(taking, 5) == "a"


async def test_many_workers_that_wait_get_a_key_each(queue: WorkQueue[str]) -> None:
    taking = [asyncio.create_task(queue.get()) for _ in range(3)]
    await asyncio.sleep(0)
    for key in "abc":
        queue.add(key)
    assert sorted(await asyncio.wait_for(asyncio.gather(*taking), 5)) == ["a", "b", "c"]


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 3)), max_size=25),
    st.lists(st.integers(0, 4), min_size=1, max_size=8),
)
async def test_no_key_is_with_two_workers_and_no_addition_is_lost(
    additions: Sequence[tuple[str, int]], patience: Sequence[int]
) -> None:
    """Whatever the interleaving: `additions` come with pauses, workers take a few turns of the loop for each key."""
    queue: WorkQueue[str] = WorkQueue()
    busy: set[str] = set()
    added: dict[str, int] = {}
    seen: dict[str, int] = {}

    async def work(turns: int) -> None:
        while True:
            key = await queue.get()
            assert key not in busy
            busy.add(key)
            seen[key] = added[key]
            for _ in range(turns):
                await asyncio.sleep(0)
            busy.discard(key)
            queue.done(key)

    workers = [asyncio.create_task(work(turns)) for turns in patience]
    for number, (key, pause) in enumerate(additions):
        added[key] = number
        queue.add(key)
        for _ in range(pause):
            await asyncio.sleep(0)
    await until(lambda: any(worker.done() for worker in workers) or not (queue.depth() or busy))
    assert not any(worker.done() for worker in workers)
    assert seen == added
    for worker in workers:
        worker.cancel()


class TestTimers:
    async def test_a_key_comes_when_its_time_has(self, queue: WorkQueue[str]) -> None:
        queue.add_after("a", 0.001)
        assert await waits(queue)
        assert await asyncio.wait_for(queue.get(), 5) == "a"

    async def test_the_earliest_wins_if_it_comes_last(self, queue: WorkQueue[str]) -> None:
        queue.add_after("a", HOUR)
        queue.add_after("a", 0)
        assert await asyncio.wait_for(queue.get(), 5) == "a"

    async def test_the_earliest_wins_if_it_comes_first(self, queue: WorkQueue[str]) -> None:
        queue.add_after("a", 0)
        queue.add_after("a", HOUR)
        assert await asyncio.wait_for(queue.get(), 5) == "a"

    async def test_a_key_that_is_taken_needs_its_timer_no_more(self, queue: WorkQueue[str]) -> None:
        queue.add("a")
        queue.add_after("a", 0)
        assert await queue.get() == "a"
        queue.done("a")
        queue.add_after("b", 0)
        assert await asyncio.wait_for(queue.get(), 5) == "b"
        assert await waits(queue)

    async def test_a_key_that_waits_for_its_time_does_not_count_as_waiting(
        self, queue: WorkQueue[str]
    ) -> None:
        queue.add_after("a", HOUR)
        assert (queue.depth(), queue.oldest_seconds()) == (0, 0.0)


class TestRetry:
    async def test_the_wait_doubles_up_to_five_minutes(self, queue: WorkQueue[str]) -> None:
        for failures in range(40):
            longest = min(LAST_RETRY_SECONDS, FIRST_RETRY_SECONDS * 2**failures)
            assert longest / 2 <= queue.retry("a") <= longest

    async def test_success_starts_it_anew(self, queue: WorkQueue[str]) -> None:
        for _ in range(10):
            queue.retry("a")
        queue.forget("a")
        assert queue.retry("a") <= FIRST_RETRY_SECONDS

    async def test_each_key_has_its_own(self, queue: WorkQueue[str]) -> None:
        for _ in range(10):
            queue.retry("a")
        assert queue.retry("b") <= FIRST_RETRY_SECONDS

    async def test_keys_that_failed_together_do_not_come_back_together(self, queue: WorkQueue[str]) -> None:
        assert len({queue.retry(str(number)) for number in range(20)}) > 10

    async def test_a_change_does_not_wait_for_the_retry(self, queue: WorkQueue[str]) -> None:
        for _ in range(10):
            queue.retry("a")
        queue.add("a")
        assert await queue.get() == "a"


async def test_depth_and_age_are_of_the_keys_that_wait(queue: WorkQueue[str]) -> None:
    queue.add("a")
    queue.add("b")
    assert queue.depth() == 2
    assert queue.oldest_seconds() >= 0
    await queue.get()
    await queue.get()
    assert (queue.depth(), queue.oldest_seconds()) == (0, 0.0)
