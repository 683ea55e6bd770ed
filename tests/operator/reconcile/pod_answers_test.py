"""What pods that are not ready say of themselves."""

from collections.abc import Awaitable, Callable

import pytest

from dataservice_operator.cluster.pods import Readiness
from dataservice_operator.reconcile.observed_pod import Pod
from dataservice_operator.reconcile.pod_answers import MOST_ASKED, PodAnswers, ask_unready
from dataservice_operator.reconcile.problem import Problem
from tests.operator.reconcile.live import pod

AWAY = Readiness(ready=False, reason="DatabaseUnreachable", message="mongo.shop:27017 does not answer")
STARTING = Readiness(ready=False, reason="Starting", message="the process is starting")
UNREADY = pod(ready=False)


def saying(*answers: Readiness | None) -> Callable[[str, int], Awaitable[Readiness | None]]:
    """Pods that answer one after the other; one question more is an error."""
    left = list(answers)

    async def ask(ip: str, port: int) -> Readiness | None:
        assert (ip, port) == ("10.0.0.7", 9090)
        return left.pop(0)

    return ask


@pytest.mark.parametrize("answers", [(AWAY,), (None, AWAY), (STARTING, AWAY)])
async def test_the_first_cause_that_a_pod_gives_is_taken(answers: tuple[Readiness | None, ...]) -> None:
    heard = await ask_unready((UNREADY,) * len(answers), saying(*answers))
    assert heard.cause == Problem(AWAY.reason, AWAY.message)


async def test_starting_is_no_cause_but_an_answer() -> None:
    assert await ask_unready((UNREADY,), saying(STARTING)) == PodAnswers(None, asked=1, answered=1)


async def test_one_that_says_it_is_ready_is_counted() -> None:
    heard = await ask_unready((UNREADY,), saying(Readiness(ready=True)))
    assert heard == PodAnswers(None, asked=1, answered=1, ready=1)


async def test_a_pod_that_cannot_be_reached_was_asked_all_the_same() -> None:
    assert await ask_unready((UNREADY,), saying(None)) == PodAnswers(None, asked=1, answered=0)


async def test_of_many_pods_a_few_are_asked() -> None:
    assert (await ask_unready((UNREADY,) * 50, saying(*[None] * MOST_ASKED))).asked == MOST_ASKED


@pytest.mark.parametrize(
    "silent",
    [
        pytest.param(pod(), id="ready"),
        pytest.param(pod(ready=False, running=False), id="not running"),
        pytest.param(pod(ready=False, ip=""), id="without an address"),
        pytest.param(pod(ready=False, deleting=True), id="leaving"),
    ],
)
async def test_only_pods_that_run_unready_are_asked(silent: Pod) -> None:
    assert await ask_unready((silent,), saying()) == PodAnswers()
