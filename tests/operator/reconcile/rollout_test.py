"""How far a Deployment is, whether its pods answer, and what they wait for."""

from dataclasses import replace
from typing import Any

import pytest

from dataservice_operator.reconcile.observed import Deployment
from dataservice_operator.reconcile.observed_pod import Pod
from dataservice_operator.reconcile.rollout import answering, roll, rollout
from tests.operator.reconcile.live import deployment, pod
from tests.operator.samples import data_service

BEHIND = deployment(available=0, progress="ReplicaSetUpdated")
DOWN = deployment(available=0)
"""Rolled long ago; its pods do not answer any more."""


@pytest.mark.parametrize(
    ("live", "message"),
    [
        pytest.param({"generation": 2}, "has just been changed", id="the controller has not seen it"),
        pytest.param(
            {"updated": 0}, "0 of 1 pods are up to date; of 1 in all, 1 answer", id="the new pod is to come"
        ),
        pytest.param({"replicas": 2}, "1 of 1 pods are up to date", id="the old pod is still there"),
        pytest.param(
            {"available": 0}, "1 of 1 pods are up to date; of 1 in all, 0 answer", id="the new pod starts"
        ),
    ],
)
def test_a_roll_on_its_way_says_how_far_it_is(live: dict[str, int], message: str) -> None:
    rolling = deployment(progress="ReplicaSetUpdated", **live)
    found = rollout(data_service(), rolling, ())
    assert found is not None
    assert found == roll(data_service(), rolling)
    assert found.reason == "RollingOut"
    assert message in found.message
    assert found.heals


@pytest.mark.parametrize(
    "live",
    [
        pytest.param({}, id="settled"),
        pytest.param({"wanted": 0, "replicas": 0, "updated": 0, "available": 0}, id="scaled to zero"),
        pytest.param({"replicas": 3, "updated": 3, "available": 3}, id="pods above those wanted are going"),
    ],
)
def test_a_roll_is_over_when_the_pods_asked_for_are_up_to_date_and_answer(live: dict[str, int]) -> None:
    assert rollout(data_service(), deployment(**live), (pod(),)) is None
    assert roll(data_service(), deployment(**live)) is None


@pytest.mark.parametrize(
    "live", [DOWN, deployment(wanted=3)], ids=["pods that went down", "pods being added"]
)
def test_pods_that_do_not_answer_are_no_roll(live: Deployment) -> None:
    assert roll(data_service(), live) is None
    found = rollout(data_service(), live, (pod(ready=False),))
    assert found is not None
    assert (found.reason, found.message) == ("PodsNotReady", f"0 of {live.wanted} pods answer requests")


@pytest.mark.parametrize("seen", [(pod(ready=False),), (pod(deleting=True),), ()])
def test_a_deployment_whose_controller_sleeps_is_not_believed(seen: tuple[Pod, ...]) -> None:
    assert answering(deployment(), seen) == 0
    assert rollout(data_service(), deployment(), seen) is not None
    assert answering(deployment(), (*seen, pod(name="another"))) == 1


def test_a_paused_deployment_says_how_to_go_on_once_there_is_something_to_roll() -> None:
    paused = deployment(paused=True, progress="DeploymentPaused")
    assert roll(data_service(), paused) is None
    found = roll(data_service(), replace(paused, updated=0))
    assert found is not None
    assert found.reason == "Paused"
    assert "kubectl rollout resume -n shop deployment/orders" in found.message


@pytest.mark.parametrize(
    ("state", "reason", "told"),
    [
        ({"unschedulable": "3 Insufficient cpu."}, "Unschedulable", "orders-7f-a: 3 Insufficient cpu."),
        (
            {"unschedulable": "pod has unbound immediate PersistentVolumeClaims."},
            "VolumeUnavailable",
            "kubectl describe persistentvolumeclaim orders-data -n shop",
        ),
        ({"waiting": "ErrImagePull"}, "ImagePullFailed", "registry.example.com/dataservice:1"),
        ({"waiting": "ImagePullBackOff"}, "ImagePullFailed", "registry.example.com/dataservice:1"),
        ({"waiting": "InvalidImageName"}, "ImagePullFailed", "registry.example.com/dataservice:1"),
        (
            {"waiting": "CreateContainerConfigError", "waiting_message": "no key uri"},
            "ContainerConfigError",
            "no key uri",
        ),
        ({"waiting": "CrashLoopBackOff", "exit_message": "exit code 2: bad URI"}, "CrashLoop", "bad URI"),
        ({"exit_message": "exit code 1: Error", "running": True}, "CrashLoop", "exit code 1"),
        (
            {"exit_reason": "OOMKilled", "exit_message": 'exit code 137: {"event": "listening"}'},
            "OOMKilled",
            "raise spec.resources.limits.memory",
        ),
        ({"waiting": "RunContainerError", "waiting_message": "no such file"}, "CrashLoop", "no such file"),
    ],
)
def test_a_pod_that_waits_says_for_what(state: dict[str, Any], reason: str, told: str) -> None:
    found = rollout(data_service(), BEHIND, (pod(**{"ready": False, "running": False, **state}),))
    assert found is not None
    assert found.reason == reason
    assert told in found.message
    assert found.heals


def test_a_controller_that_is_refused_its_replica_set_says_so_though_it_never_catches_up() -> None:
    refused = deployment(generation=2, progress="ReplicaSetCreateError", failure="exceeded quota: small")
    found = rollout(data_service(), refused, ())
    assert found is not None
    assert (found.reason, found.message) == ("QuotaExceeded", "exceeded quota: small")


@pytest.mark.parametrize("gone", [{"ready": True}, {"deleting": True}])
def test_a_pod_that_is_ready_or_leaves_is_no_cause(gone: dict[str, Any]) -> None:
    crashed = pod(**{"ready": False, "exit_message": "exit code 1: long ago", **gone})
    found = rollout(data_service(), BEHIND, (crashed,))
    assert found is not None
    assert found.reason == "RollingOut"


def test_the_same_pod_is_named_whatever_order_the_pods_come_in() -> None:
    first = pod(name="a", ready=False, unschedulable="no memory")
    second = pod(name="b", ready=False, waiting="ErrImagePull")
    assert rollout(data_service(), BEHIND, (first, second)) == rollout(
        data_service(), BEHIND, (second, first)
    )


@pytest.mark.parametrize(
    "old", [{"unschedulable": "no node"}, {"exit_message": "exit code 1: x"}], ids=["waits", "ends"]
)
def test_what_an_older_template_lacked_is_no_cause_once_newer_pods_are_there(old: dict[str, Any]) -> None:
    """Else the reason turned to and fro while an edit heals."""
    stuck = pod(ready=False, **old)
    newer = pod(name="orders-8a-a", template="8a", created="2026-11-23T10:00:09Z", ready=False)
    found = rollout(data_service(), BEHIND, (stuck, newer))
    assert found is not None
    assert found.reason == "RollingOut"
    leaving = replace(newer, deleting=True)
    found = rollout(data_service(), BEHIND, (stuck, leaving))
    assert found is not None
    assert found.reason in ("Unschedulable", "CrashLoop")
