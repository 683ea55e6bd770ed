"""Whether the database can be reached, as the pods see it."""

import pytest

from dataservice_operator.reconcile.database import database
from dataservice_operator.reconcile.pod_answers import PodAnswers
from dataservice_operator.reconcile.problem import Problem
from tests.operator.reconcile.live import deployment, pod

AWAY = Problem("DatabaseUnreachable", "mongo.shop:27017 does not answer")
CONFLICT = Problem("IndexConflict", "documents that exist share their sku")
REFUSED = Problem("IndexRefused", "grant it the right createIndex")
BUILDING = Problem("IndexesBuilding", "the store builds the declared indexes")
BUG = Problem("InternalError", "an unexpected ValueError")
KEYS = Problem("NoApiKeys", "no client has a usable API key")
UNREADY = pod(ready=False)


def test_one_ready_pod_is_proof_whatever_another_says() -> None:
    verdict = database(deployment(), (UNREADY, pod()), PodAnswers(AWAY, asked=1, answered=1))
    assert (verdict.status, verdict.reason) == ("True", "Connected")


def test_a_pod_that_says_it_is_ready_is_proof_though_the_cluster_does_not_count_it() -> None:
    """Its node is lost: the kubelet tells nothing, and the pod goes on answering."""
    verdict = database(deployment(), (UNREADY,), PodAnswers(None, asked=1, answered=1, ready=1))
    assert (verdict.status, verdict.reason) == ("True", "Connected")


@pytest.mark.parametrize(
    ("answers", "status", "reason"),
    [
        pytest.param(PodAnswers(AWAY, 1, 1), "False", "DatabaseUnreachable", id="the pod knows the cause"),
        pytest.param(PodAnswers(None, 1, 1), "Unknown", "Starting", id="it is starting"),
        pytest.param(PodAnswers(CONFLICT, 1, 1), "True", "Connected", id="its documents keep it waiting"),
        pytest.param(PodAnswers(REFUSED, 1, 1), "True", "Connected", id="the database answers and refuses"),
        pytest.param(PodAnswers(BUILDING, 1, 1), "True", "Connected", id="the database is at work"),
        pytest.param(PodAnswers(KEYS, 1, 1), "True", "Connected", id="it has no keys to let callers in by"),
        pytest.param(PodAnswers(BUG, 1, 1), "Unknown", "Starting", id="it waits for something else"),
        pytest.param(PodAnswers(None, 1, 0), "Unknown", "PodsUnreachable", id="it cannot be reached"),
        pytest.param(PodAnswers(), "Unknown", "NoPods", id="none runs"),
    ],
)
def test_where_no_pod_is_ready_what_they_say_counts(answers: PodAnswers, status: str, reason: str) -> None:
    verdict = database(deployment(), (UNREADY,), answers)
    assert (verdict.status, verdict.reason) == (status, reason)
    assert verdict.message


def test_a_pod_that_keeps_ending_is_not_taken_for_one_that_cannot_be_reached() -> None:
    """Else the condition turned with each of its attempts."""
    ending = pod(ready=False, exit_message="exit code 2: bad URI")
    assert database(deployment(), (ending,), PodAnswers(None, 1, 0)).reason == "NoPods"


def test_the_cause_is_told_in_the_pods_own_words() -> None:
    assert database(deployment(), (UNREADY,), PodAnswers(AWAY, 1, 1)).message == AWAY.message


def test_a_pod_that_leaves_proves_nothing_though_it_is_still_ready() -> None:
    assert database(deployment(), (pod(ready=True, deleting=True),), PodAnswers()).reason == "NoPods"


def test_where_nothing_is_to_run_nothing_is_known() -> None:
    verdict = database(deployment(wanted=0), (), PodAnswers())
    assert (verdict.status, verdict.reason) == ("Unknown", "ScaledToZero")
