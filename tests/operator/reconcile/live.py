"""Live objects, as the API server shows them and as the operator remembers them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from dataservice_operator.reconcile.observed import Deployment
from dataservice_operator.reconcile.observed_pod import Pod
from tests.operator.samples import UID

LABELS = {
    "app.kubernetes.io/name": "dataservice",
    "app.kubernetes.io/instance": "orders",
    "app.kubernetes.io/managed-by": "dataservice-operator",
}


def deployment(**changes: Any) -> Deployment:
    """One pod wanted, there, and answering."""
    settled = Deployment(
        namespace="shop",
        name="orders",
        uid="d-1",
        resource_version="1",
        instance="orders",
        owner="orders",
        controller=UID,
        digest=b"",
        deleting=False,
        generation=1,
        observed_generation=1,
        wanted=1,
        replicas=1,
        updated=1,
        available=1,
        progress="NewReplicaSetAvailable",
        failure="",
        paused=False,
        revision="1",
        image="registry.example.com/dataservice:1",
        image_pin="default:",
        secret_hash=None,
        cursor_key=None,
        owns_replicas=True,
    )
    return replace(settled, **changes)


def pod(**changes: Any) -> Pod:
    """A pod that runs and answers."""
    healthy = Pod(
        namespace="shop",
        name="orders-7f-a",
        instance="orders",
        template="7f",
        created="2026-11-23T10:00:00Z",
        image="registry.example.com/dataservice:1",
        ip="10.0.0.7",
        ready=True,
        running=True,
        deleting=False,
        waiting="",
        waiting_message="",
        exit_reason="",
        exit_message="",
        unschedulable="",
    )
    return replace(healthy, **changes)


def raw_pod(**status: Any) -> dict[str, Any]:
    """A Pod with that status."""
    return {
        "spec": {"containers": [{"name": "service", "image": "registry.example.com/dataservice:1"}]},
        "metadata": {
            "name": "orders-7f-a",
            "namespace": "shop",
            "uid": "p-1",
            "resourceVersion": "7",
            "labels": LABELS,
        },
        "status": status,
    }


def container(state: Mapping[str, Any], last: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
    """The statuses of a pod with our one container."""
    return [{"name": "service", "ready": False, "state": dict(state), "lastState": dict(last or {})}]
