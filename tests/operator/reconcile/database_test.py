"""Whether the database can be reached, as the pods see it."""

from collections.abc import Awaitable, Callable

import pytest

from dataservice_operator.cluster.pods import Readiness
from dataservice_operator.reconcile.database import MOST_ASKED, database
from dataservice_operator.reconcile.observed import Pod
from tests.operator.reconcile.live import deployment, pod

AWAY = Readiness(ready=False, reason="DatabaseUnreachable", message="mongo.shop:27017 does not answer")
STARTING = Readiness(ready=False, reason="Starting")
UNREADY = pod(ready=False)


def saying(*answers: Readiness | None) -> Callable[[str, int], Awaitable[Readiness | None]]:
    """Pods that answer one after the other; one question more is an error."""
    left = list(answers)

    async def ask(ip: str, port: int) -> Readiness | None:
        assert (ip, port) == ("10.0.0.7", 9090)
        return left.pop(0)

    return ask


async def test_one_ready_pod_is_proof_and_none_is_asked() -> None:
    verdict, settled = await database(deployment(), (UNREADY, pod()), saying())
    assert (verdict.status, verdict.reason, settled) == ("True", "Connected", True)


@pytest.mark.parametrize(
    ("answers", "status", "reason"),
    [
        pytest.param((AWAY,), "False", "DatabaseUnreachable", id="the pod knows the cause"),
        pytest.param((STARTING,), "Unknown", "Starting", id="it is starting"),
        pytest.param((None,), "Unknown", "PodsUnreachable", id="it cannot be reached"),
        pytest.param((None, AWAY), "False", "DatabaseUnreachable", id="another knows"),
        pytest.param((None, STARTING), "Unknown", "Starting", id="another can be reached"),
    ],
)
async def test_an_unready_pod_is_asked_for_the_cause_and_asked_again(
    answers: tuple[Readiness | None, ...], status: str, reason: str
) -> None:
    verdict, settled = await database(deployment(), (UNREADY,) * len(answers), saying(*answers))
    assert (verdict.status, verdict.reason, settled) == (status, reason, False)
    assert verdict.message


async def test_the_cause_is_told_in_the_pods_own_words() -> None:
    verdict, _ = await database(deployment(), (UNREADY,), saying(AWAY))
    assert verdict.message == AWAY.message


async def test_of_many_pods_a_few_are_asked() -> None:
    verdict, _ = await database(deployment(), (UNREADY,) * 50, saying(*[None] * MOST_ASKED))
    assert verdict.reason == "PodsUnreachable"


@pytest.mark.parametrize(
    "silent",
    [
        pytest.param(pod(ready=False, running=False), id="not running"),
        pytest.param(pod(ready=False, ip=""), id="without an address"),
        pytest.param(pod(ready=True, deleting=True), id="leaving, though still ready"),
    ],
)
async def test_a_pod_that_cannot_tell_is_not_asked(silent: Pod) -> None:
    verdict, settled = await database(deployment(), (silent,), saying())
    assert (verdict.status, verdict.reason, settled) == ("Unknown", "NoPods", True)


async def test_where_nothing_is_to_run_nothing_is_known() -> None:
    verdict, settled = await database(deployment(wanted=0), (), saying())
    assert (verdict.status, verdict.reason, settled) == ("Unknown", "ScaledToZero", True)
