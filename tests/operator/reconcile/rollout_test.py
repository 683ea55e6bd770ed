"""How far a Deployment is, and what its pods wait for."""

from typing import Any

import pytest

from dataservice_operator.reconcile.rollout import rollout
from tests.operator.reconcile.live import deployment, pod
from tests.operator.samples import data_service

BEHIND = deployment(available=0, ready=0)


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
        pytest.param({"wanted": 3}, "1 of 3 pods are up to date; of 1 in all, 1 answer", id="scaled up"),
    ],
)
def test_a_roll_on_its_way_says_how_far_it_is(live: dict[str, int], message: str) -> None:
    found = rollout(data_service(), deployment(**live), ())
    assert found is not None
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
        ({"exit_message": "exit code 1: OOMKilled", "running": True}, "CrashLoop", "OOMKilled"),
        ({"waiting": "RunContainerError", "waiting_message": "no such file"}, "CrashLoop", "no such file"),
    ],
)
def test_a_pod_that_waits_says_for_what(state: dict[str, Any], reason: str, told: str) -> None:
    found = rollout(data_service(), BEHIND, (pod(**{"ready": False, "running": False, **state}),))
    assert found is not None
    assert found.reason == reason
    assert told in found.message
    assert found.heals


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
