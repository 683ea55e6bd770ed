"""Who shares an answer, and who does not."""

import asyncio

import pytest

from dataservice.services.shared import Shared


class Oracle:
    """Answers with the number of the question, once it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.let = asyncio.Event()
        self.asked_again = asyncio.Event()

    async def __call__(self) -> int:
        self.asked += 1
        number = self.asked
        if number > 1:
            self.asked_again.set()
        await self.let.wait()
        return number


async def turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_who_asks_while_a_question_is_under_way_is_told_the_next_answer_with_all_others() -> None:
    oracle, shared = Oracle(), Shared(most_wait=60)
    first = asyncio.create_task(shared.ask("q", oracle))
    await turns()

    later = [asyncio.create_task(shared.ask("q", oracle)) for _ in range(5)]
    await turns()
    assert oracle.asked == 1
    oracle.let.set()

    assert await first == 1
    assert await asyncio.gather(*later) == [2] * 5


async def test_other_questions_wait_for_nothing() -> None:
    oracle, shared = Oracle(), Shared(most_wait=60)
    asked = [asyncio.create_task(shared.ask(question, oracle)) for question in "abc"]
    await turns()

    assert oracle.asked == 3
    oracle.let.set()
    assert await asyncio.gather(*asked) == [1, 2, 3]


async def test_a_slow_answer_is_not_waited_for_for_long() -> None:
    oracle, shared = Oracle(), Shared(most_wait=0.01)
    asked = [asyncio.create_task(shared.ask("q", oracle))]
    await turns()
    asked.append(asyncio.create_task(shared.ask("q", oracle)))

    async with asyncio.timeout(10):
        await oracle.asked_again.wait()

    oracle.let.set()
    assert await asyncio.gather(*asked) == [1, 2]


async def test_a_slow_answer_that_comes_after_the_next_one_is_an_answer() -> None:
    slow, quick, shared = Oracle(), Oracle(), Shared(most_wait=0.01)
    quick.let.set()
    first = asyncio.create_task(shared.ask("q", slow))
    await turns()

    assert await shared.ask("q", quick) == 1
    slow.let.set()

    assert await first == 1


async def test_who_is_cancelled_takes_no_other_along() -> None:
    oracle, shared = Oracle(), Shared()
    first, second = (asyncio.create_task(shared.ask("q", oracle)) for _ in range(2))
    await turns()

    first.cancel()
    oracle.let.set()

    assert await second == 1
    with pytest.raises(asyncio.CancelledError):
        await first


async def test_an_error_is_that_of_all_who_share_it_and_of_nobody_after() -> None:
    shared = Shared()

    async def fails() -> int:
        raise OSError

    async def works() -> int:
        return 1

    for outcome in await asyncio.gather(*(shared.ask("q", fails) for _ in range(3)), return_exceptions=True):
        assert isinstance(outcome, OSError)
    assert await shared.ask("q", works) == 1
