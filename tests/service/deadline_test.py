import asyncio

import pytest

from dataservice.deadline import Deadline


async def test_a_wait_that_is_over_in_time_gives_its_result() -> None:
    deadline = Deadline(60)

    assert await deadline.wait(asyncio.sleep(0, "result")) == "result"


async def test_each_wait_has_its_own_time() -> None:
    deadline = Deadline(0.05)
    forever = asyncio.Event()

    with pytest.raises(TimeoutError):
        await deadline.wait(forever.wait())
    with pytest.raises(TimeoutError):
        await asyncio.create_task(deadline.wait(forever.wait()))


async def test_a_wait_may_be_due_sooner_than_those_before_it() -> None:
    deadline = Deadline(0.5)
    forever = asyncio.Event()
    before = asyncio.create_task(deadline.wait(forever.wait()))
    await asyncio.sleep(0)

    with pytest.raises(TimeoutError):
        await deadline.wait(forever.wait(), due=asyncio.get_running_loop().time())

    assert not before.done()
    before.cancel()


async def test_the_error_of_the_work_is_passed_on() -> None:
    with pytest.raises(ZeroDivisionError):
        await Deadline(60).wait(failing())


async def failing() -> None:
    raise ZeroDivisionError


async def test_whoever_cancels_the_task_is_not_told_of_a_time_out() -> None:
    task = asyncio.create_task(Deadline(60).wait(asyncio.Event().wait()))
    await asyncio.sleep(0)

    task.cancel()

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_task_goes_on_after_its_wait_was_ended() -> None:
    with pytest.raises(TimeoutError):
        await Deadline(0.02).wait(asyncio.Event().wait())

    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)
