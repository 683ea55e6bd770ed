"""Conditions: the situation in, what a user reads out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dataservice_operator.reconcile.observed import Deployment
from dataservice_operator.reconcile.problem import Problem
from dataservice_operator.reconcile.status import Situation, Verdict, stalls_in, status
from tests.operator.reconcile.live import deployment, pod
from tests.operator.samples import data_service

NOW = datetime(2026, 5, 1, 12, 0, 0, tzinfo=UTC)
DEADLINE = 600
REACHED = Verdict("True", "Connected", "the pods reach the database")
UNKNOWN = Verdict("Unknown", "NoPods", "no pod runs that could tell")
AWAY = Verdict("False", "DatabaseUnreachable", "mongo.shop:27017 does not answer")
SAYS_AWAY = Problem(AWAY.reason, AWAY.message)
SAYS_CONFLICT = Problem("IndexConflict", "documents that exist share their sku")
SAYS_REFUSED = Problem("IndexRefused", "the configured user may not make the index on sku")
SAYS_BUILDING = Problem("IndexesBuilding", "the store builds the declared indexes")

HEALTHY = Situation(
    parent=data_service(),
    image="registry.example.com/dataservice:1",
    deployment=deployment(),
    pods=(pod(),),
    problems=(),
    database=REACHED,
    cause=None,
    now=NOW,
    progress_deadline_seconds=DEADLINE,
)
NOT_UP = replace(
    HEALTHY,
    deployment=deployment(available=0, progress="ReplicaSetUpdated"),
    pods=(pod(ready=False),),
    database=UNKNOWN,
)


def conditions(situation: Situation) -> dict[str, dict[str, Any]]:
    return {condition["type"]: condition for condition in status(situation)["conditions"]}


def states(situation: Situation) -> dict[str, str]:
    return {kind: condition["status"] for kind, condition in conditions(situation).items()}


def later(situation: Situation, seconds: float, *, generation: int = 1, **changes: Any) -> Situation:
    """The next look at a situation, its status having been written."""
    seen = status(situation)
    parent = data_service(generation=generation, status=seen)
    return replace(situation, parent=parent, now=situation.now + timedelta(seconds=seconds), **changes)


def waiting(**state: Any) -> Situation:
    """The one pod is not ready, for that cause."""
    return replace(NOT_UP, pods=(pod(ready=False, running=False, **state),))


REFUSED_BY_QUOTA = 'pods "orders-7f-" is forbidden: exceeded quota: small, requested: pods=1, used: pods=4'

SITUATIONS = {
    "SecretNotFound": replace(NOT_UP, problems=(Problem("SecretNotFound", "create Secret 'orders-mongo'"),)),
    "SecretKeyNotFound": replace(NOT_UP, problems=(Problem("SecretKeyNotFound", "add the key 'uri'"),)),
    "ImagePullFailed": waiting(waiting="ImagePullBackOff"),
    "ContainerConfigError": waiting(
        waiting="CreateContainerConfigError", waiting_message="secret 'orders-mongo' not found"
    ),
    "CrashLoop": waiting(
        waiting="CrashLoopBackOff", exit_message="exit code 2: DATASERVICE_LOG__LEVEL: write INFO"
    ),
    "Unschedulable": waiting(unschedulable="0/3 nodes are available: 3 Insufficient cpu."),
    "QuotaExceeded": replace(NOT_UP, deployment=deployment(available=0, failure=REFUSED_BY_QUOTA), pods=()),
    "PodsRefused": replace(NOT_UP, deployment=deployment(available=0, failure="violates policy"), pods=()),
    "RollingOut": NOT_UP,
    "PodsNotReady": replace(NOT_UP, deployment=deployment(available=0)),
    "Creating": replace(NOT_UP, deployment=None, pods=()),
    "DatabaseUnreachable": replace(NOT_UP, database=AWAY, cause=SAYS_AWAY),
    "IndexConflict": replace(NOT_UP, cause=SAYS_CONFLICT),
    "IndexRefused": replace(NOT_UP, cause=SAYS_REFUSED),
    "IndexesBuilding": replace(NOT_UP, cause=SAYS_BUILDING),
}
FATAL = {
    "NotOwned": replace(NOT_UP, problems=(Problem("NotOwned", "Service 'orders' exists", heals=False),)),
    "InvalidSchema": replace(
        HEALTHY, problems=(Problem("InvalidSchema", "/spec/data/schema: ...", heals=False),)
    ),
    "IndexFieldNotRequired": replace(
        HEALTHY, problems=(Problem("IndexFieldNotRequired", "/spec/data/indexes/0: ...", heals=False),)
    ),
}


def test_a_healthy_service_is_ready_and_nothing_else_is_the_matter() -> None:
    assert states(HEALTHY) == {
        "Ready": "True",
        "Reconciling": "False",
        "Stalled": "False",
        "Available": "True",
        "Progressing": "False",
        "DatabaseReachable": "True",
        "Suspended": "False",
    }


@pytest.mark.parametrize("reason", SITUATIONS)
def test_what_may_heal_is_not_ready_with_its_reason_and_still_reconciling(reason: str) -> None:
    found = conditions(SITUATIONS[reason])
    assert (found["Ready"]["status"], found["Ready"]["reason"]) == ("False", reason)
    assert (found["Reconciling"]["status"], found["Reconciling"]["reason"]) == ("True", reason)
    assert found["Stalled"]["status"] == "False"
    assert found["Ready"]["message"] == found["Reconciling"]["message"] != ""


@pytest.mark.parametrize("reason", FATAL)
def test_what_only_an_edit_can_heal_is_stalled_at_once(reason: str) -> None:
    found = conditions(FATAL[reason])
    assert (found["Ready"]["status"], found["Ready"]["reason"]) == ("False", reason)
    assert (found["Stalled"]["status"], found["Stalled"]["reason"]) == ("True", reason)
    assert found["Reconciling"]["status"] == "False"
    assert found["Stalled"]["message"] == found["Ready"]["message"] != ""


@pytest.mark.parametrize("reason", SITUATIONS)
def test_what_has_not_healed_by_the_deadline_is_stalled_and_stays_so(reason: str) -> None:
    first = SITUATIONS[reason]
    assert states(later(first, DEADLINE - 1))["Stalled"] == "False"
    overdue = later(first, DEADLINE)
    assert states(overdue)["Stalled"] == "True"
    assert states(overdue)["Reconciling"] == "False"
    assert states(later(overdue, 5))["Stalled"] == "True"


def test_stalled_is_over_when_it_heals() -> None:
    overdue = later(NOT_UP, DEADLINE)
    healed = later(overdue, 5, deployment=HEALTHY.deployment, pods=HEALTHY.pods, database=REACHED)
    assert states(healed) == states(HEALTHY)


def test_a_new_spec_has_a_deadline_of_its_own() -> None:
    """Also one that comes while the last is still on its way."""
    edited = later(NOT_UP, DEADLINE - 10, generation=2)
    assert states(edited)["Stalled"] == "False"
    assert states(later(edited, 20, generation=2))["Stalled"] == "False"
    assert states(later(edited, DEADLINE, generation=2))["Stalled"] == "True"


def test_a_new_spec_ends_stalled_until_its_own_deadline() -> None:
    assert states(later(later(NOT_UP, DEADLINE), 5, generation=2))["Stalled"] == "False"


def test_the_resource_is_looked_at_again_when_its_deadline_ends() -> None:
    assert stalls_in(HEALTHY) is None
    assert stalls_in(NOT_UP) == DEADLINE + 1
    assert stalls_in(later(NOT_UP, 100)) == DEADLINE - 100 + 1
    assert stalls_in(later(NOT_UP, DEADLINE)) is None


@pytest.mark.parametrize("worst", [*FATAL, *SITUATIONS])
def test_the_old_pods_answering_does_not_make_stuck_ready(worst: str) -> None:
    """A roll that hangs, a Secret that is gone: the pods of before still serve, and Ready must say False."""
    situation = {**FATAL, **SITUATIONS}[worst]
    serving = deployment(generation=2, observed_generation=2, replicas=2, updated=1, available=1)
    if situation.deployment is not None:
        serving = replace(serving, failure=situation.deployment.failure)
    old, new = pod(name="orders-1"), (situation.pods or ())[:1]
    found = states(replace(situation, deployment=serving, pods=(old, *new), database=REACHED))
    assert (found["Ready"], found["Available"]) == ("False", "True")


def test_what_an_edit_must_heal_is_told_before_what_may_heal() -> None:
    problems = (Problem("SecretNotFound", "create it"), Problem("NotOwned", "rename it", heals=False))
    assert conditions(replace(NOT_UP, problems=problems))["Ready"]["reason"] == "NotOwned"


def test_a_missing_secret_is_told_before_the_pods_that_wait_for_it() -> None:
    stuck = replace(SITUATIONS["ContainerConfigError"], problems=(Problem("SecretNotFound", "create it"),))
    assert conditions(stuck)["Ready"]["reason"] == "SecretNotFound"


def test_a_missing_right_is_told_before_what_else_may_heal() -> None:
    problems = (Problem("SecretNotFound", "create it"), Problem("Forbidden", "cannot list"))
    assert conditions(replace(NOT_UP, problems=problems))["Ready"]["reason"] == "Forbidden"


def test_a_kind_that_the_cluster_does_not_have_is_told_and_does_not_make_it_unready() -> None:
    ready = conditions(replace(HEALTHY, absent=("ServiceMonitor",)))["Ready"]
    assert (ready["status"], ready["reason"]) == ("True", "PodsReady")
    assert "no ServiceMonitor is made: the cluster does not have the kind" in ready["message"]


def test_what_is_not_seen_of_the_deployment_is_unknown_and_its_last_numbers_stay() -> None:
    problems = (Problem("Forbidden", "cannot list deployments"),)
    blind = later(HEALTHY, 5, deployment=None, problems=problems, blind=True)
    assert states(blind) | {"Ready": "False", "Available": "Unknown", "Progressing": "Unknown"} == states(
        blind
    )
    assert status(blind)["readyReplicas"] == 1


def test_a_lost_database_is_told_while_no_pod_is_ready() -> None:
    found = conditions(SITUATIONS["DatabaseUnreachable"])
    assert found["DatabaseReachable"]["status"] == "False"
    assert "mongo.shop:27017" in found["Ready"]["message"]


def test_zero_replicas_are_ready_as_asked() -> None:
    none = deployment(wanted=0, replicas=0, updated=0, available=0)
    found = conditions(replace(HEALTHY, deployment=none, pods=()))
    assert (found["Ready"]["status"], found["Ready"]["reason"]) == ("True", "ScaledToZero")
    assert found["Available"]["status"] == "False"


class TestTimes:
    def test_a_state_that_lasts_keeps_its_time(self) -> None:
        first = conditions(HEALTHY)["Ready"]["lastTransitionTime"]
        assert first == "2026-05-01T12:00:00Z"
        assert conditions(later(HEALTHY, 300))["Ready"]["lastTransitionTime"] == first

    def test_another_reason_of_the_same_state_keeps_its_time(self) -> None:
        pulled = later(SITUATIONS["ImagePullFailed"], 30, pods=SITUATIONS["CrashLoop"].pods)
        assert conditions(pulled)["Ready"]["reason"] == "CrashLoop"
        assert conditions(pulled)["Ready"]["lastTransitionTime"] == "2026-05-01T12:00:00Z"

    def test_a_turn_has_a_time_of_its_own(self) -> None:
        broken = later(HEALTHY, 30, deployment=NOT_UP.deployment, pods=NOT_UP.pods)
        assert conditions(broken)["Ready"]["lastTransitionTime"] == "2026-05-01T12:00:30Z"
        assert conditions(broken)["DatabaseReachable"]["lastTransitionTime"] == "2026-05-01T12:00:00Z"


class TestAutoscaling:
    SCALED = data_service(autoscaling={"minReplicas": 2, "maxReplicas": 10})
    UP = replace(
        HEALTHY,
        parent=SCALED,
        deployment=deployment(wanted=2, replicas=2, updated=2, available=2),
        pods=(pod(name="a"), pod(name="b")),
    )

    def next(self, live: Deployment, *, written: bool = False) -> dict[str, str]:
        parent = data_service(autoscaling={"minReplicas": 2, "maxReplicas": 10}, status=status(self.UP))
        return states(replace(self.UP, parent=parent, deployment=live, written=written))

    def test_pods_being_added_do_not_flip_ready(self) -> None:
        just_scaled = deployment(generation=2, wanted=5, replicas=2, updated=2, available=2)
        assert self.next(just_scaled)["Ready"] == "True"
        starting = replace(just_scaled, observed_generation=2, replicas=5, updated=5)
        assert self.next(starting)["Ready"] == "True"

    def test_a_deployment_just_written_is_not_taken_for_ready(self) -> None:
        written = deployment(generation=2, wanted=2, replicas=2, updated=2, available=2)
        assert self.next(written, written=True)["Ready"] == "False"

    def test_fewer_pods_than_the_minimum_are_not_ready(self) -> None:
        assert self.next(deployment(wanted=2, replicas=2, updated=2, available=1))["Ready"] == "False"


def test_without_autoscaling_a_generation_not_seen_yet_is_a_roll() -> None:
    assert states(later(HEALTHY, 1, deployment=deployment(generation=2)))["Ready"] == "False"


def test_a_lost_database_is_no_roll() -> None:
    """`Progressing` speaks of the roll alone: of pods that run the last spec and do not answer, Ready tells."""
    away = replace(
        HEALTHY,
        deployment=deployment(available=0),
        pods=(pod(ready=False),),
        database=AWAY,
        cause=SAYS_AWAY,
    )
    found = conditions(away)
    assert (found["Progressing"]["status"], found["Progressing"]["reason"]) == ("False", "Complete")
    assert (found["Ready"]["status"], found["Ready"]["reason"]) == ("False", "DatabaseUnreachable")


def test_a_pod_that_went_down_while_the_deployments_controller_sleeps_is_not_shown_as_ready() -> None:
    asleep = replace(HEALTHY, pods=(pod(ready=False),))
    assert (states(asleep)["Ready"], states(asleep)["Available"]) == ("False", "False")
    assert status(asleep)["readyReplicas"] == 0


def test_the_status_says_of_which_generation_it_speaks() -> None:
    told = status(replace(HEALTHY, parent=data_service(generation=7)))
    assert told["observedGeneration"] == 7
    assert {condition["observedGeneration"] for condition in told["conditions"]} == {7}


def test_the_rest_of_the_status() -> None:
    told = status(HEALTHY)
    assert (told["replicas"], told["readyReplicas"]) == (1, 1)
    assert told["selector"] == "app.kubernetes.io/name=dataservice,app.kubernetes.io/instance=orders"
    assert told["url"] == "http://orders.shop.svc"
    assert told["image"] == "registry.example.com/dataservice:1"


def test_every_condition_is_valid_for_the_api_server() -> None:
    """A reason is CamelCase and never empty (metav1.Condition)."""
    for situation in (HEALTHY, *SITUATIONS.values(), *FATAL.values()):
        for condition in status(situation)["conditions"]:
            assert condition["reason"].isalnum()
            assert condition["reason"][0].isupper()


@pytest.mark.parametrize("cause", [SAYS_AWAY, SAYS_CONFLICT, SAYS_REFUSED, SAYS_BUILDING])
def test_a_new_pod_that_does_not_come_up_is_heard_while_the_old_ones_serve(cause: Problem) -> None:
    rolling = deployment(wanted=1, replicas=2, updated=1, available=1)
    ready = conditions(replace(HEALTHY, deployment=rolling, pods=(pod(), pod(ready=False)), cause=cause))[
        "Ready"
    ]
    assert (ready["status"], ready["reason"], ready["message"]) == ("False", cause.reason, cause.message)


def test_what_one_pod_of_a_working_service_says_does_not_make_it_unready() -> None:
    assert states(replace(HEALTHY, cause=SAYS_AWAY))["Ready"] == "True"
