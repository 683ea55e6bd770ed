"""The tree from raw objects, cut down to what it reads."""

from typing import Any

from dataservice_operator.cluster import kinds
from kubectl_dataservice.cluster.family import Family
from kubectl_dataservice.cluster.kinds import ENDPOINT_SLICE, Kind
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.tree import lines, tree
from tests.support.data_service import smallest


def _object(name: str, *, owner: str = "", **parts: Any) -> dict[str, Any]:
    references = [{"uid": owner}] if owner else []
    metadata = {
        "name": name,
        "uid": f"uid-{name}",
        "ownerReferences": references,
        **parts.pop("metadata", {}),
    }
    return {"metadata": metadata, "spec": {}, "status": {}, **parts}


def _pod(name: str, **status: Any) -> dict[str, Any]:
    return _object(name, owner="uid-orders-5c", spec={"nodeName": "node-1"}, status=status)


def _family(*pods: dict[str, Any], **changes: Any) -> dict[Kind, list[dict[str, Any]]]:
    ready = sum(any(c["status"] == "True" for c in pod["status"].get("conditions", ())) for pod in pods)
    replicas = {"replicas": len(pods), "readyReplicas": ready, "updatedReplicas": len(pods)}
    endpoints = [{"conditions": {"ready": True}}] * ready
    return {
        kinds.DEPLOYMENT: [_object("orders", spec={"replicas": len(pods), **changes}, status=replicas)],
        kinds.REPLICA_SET: [
            _object("orders-5c", owner="uid-orders", spec={"replicas": len(pods)}, status=replicas),
            _object("orders-old", owner="uid-orders", spec={"replicas": 0}),
        ],
        kinds.POD: list(pods),
        kinds.SERVICE: [_object("orders", spec={"type": "ClusterIP", "clusterIP": "10.0.0.7"})],
        ENDPOINT_SLICE: [_object("orders-x", endpoints=endpoints)],
        kinds.CONFIG_MAP: [_object("orders-4046")],
        kinds.SERVICE_ACCOUNT: [_object("orders")],
    }


def _told(
    seen: dict[Kind, list[dict[str, Any]]], unseen: dict[Kind, Problem] | None = None, **spec: Any
) -> list[str]:
    nodes = tree(smallest(spec=spec), Family(seen, unseen or {}, frozenset()))
    return [f"{branch} {MARKS[node.fine]} {node.told}".rstrip() for branch, node in lines(nodes)]


MARKS = {True: "ok", False: "!!", None: "??"}
READY = {"conditions": [{"type": "Ready", "status": "True"}]}


def test_all_is_shown_under_what_made_it() -> None:
    assert _told(_family(_pod("orders-5c-a", **READY), _pod("orders-5c-b", **READY))) == [
        "├─ Deployment/orders ok 2 of 2 ready",
        "│  └─ ReplicaSet/orders-5c ok 2 of 2 ready, revision 0",
        "│     ├─ Pod/orders-5c-a ok ready, on node-1",
        "│     └─ Pod/orders-5c-b ok ready, on node-1",
        "├─ Service/orders ok ClusterIP 10.0.0.7, 2 endpoints",
        "├─ ConfigMap/orders-4046 ok",
        "└─ ServiceAccount/orders ok",
    ]


def test_each_pod_says_what_it_waits_for_or_ended_with() -> None:
    waiting = {"name": "service", "restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}
    ended = {"terminated": {"exitCode": 2, "message": "first\nDATASERVICE_PROT is not a setting\n"}}
    unschedulable = {"type": "PodScheduled", "status": "False", "message": "0/1 nodes are available"}
    pulling = {
        "name": "service",
        "state": {"waiting": {"reason": "ErrImagePull", "message": "no such image"}},
    }
    family = _family(
        _pod("a", containerStatuses=[{**waiting, "lastState": ended}]),
        _pod("b", phase="Pending", conditions=[unschedulable]),
        _pod("c", containerStatuses=[pulling]),
        _pod("d", containerStatuses=[{"name": "service", "state": {"running": {}}}]),
        _pod("e", phase="Failed", reason="Evicted"),
        _pod("f", containerStatuses=[{"name": "service", "state": {"running": {}}, "lastState": ended}]),
    )
    pods = [line.partition("Pod/")[2] for line in _told(family) if "Pod/" in line]
    assert pods == [
        "a !! CrashLoopBackOff: exit code 2: DATASERVICE_PROT is not a setting, 3 restarts",
        "b !! Pending: 0/1 nodes are available",
        "c !! ErrImagePull: no such image",
        "d !! running, not ready",
        "e !! Evicted",
        "f !! running, not ready, after exit code 2: DATASERVICE_PROT is not a setting",
    ]


def test_what_the_spec_asks_for_and_is_not_there_is_missing() -> None:
    told = _told(
        {}, autoscaling={"maxReplicas": 3}, networkPolicy={"enabled": False}, ingress={"host": "a.example"}
    )
    assert told == [
        "├─ Deployment !! is missing",
        "├─ Service !! is missing",
        "├─ ConfigMap !! is missing",
        "├─ ServiceAccount !! is missing",
        "├─ HorizontalPodAutoscaler !! is missing",
        "└─ Ingress !! is missing",
    ]


def test_what_may_not_be_seen_is_said_and_not_called_missing() -> None:
    refusal = Problem("no right", Exit.FORBIDDEN)
    told = _told(_family(), unseen=dict.fromkeys((kinds.SERVICE, kinds.POD), refusal))
    assert "├─ Service ?? cannot be seen: no right to list services" in told


def test_what_is_wrong_with_the_others_is_told() -> None:
    scaling = [
        {"type": "ScalingActive", "status": "False", "reason": "FailedGetMetric", "message": "no metrics"}
    ]
    family = _family(_pod("a"), paused=True) | {
        kinds.HORIZONTAL_POD_AUTOSCALER: [
            _object("orders", spec={"maxReplicas": 5}, status={"currentReplicas": 1, "conditions": scaling})
        ],
        kinds.VOLUME_CLAIM: [
            _object(
                "orders-data",
                spec={"resources": {"requests": {"storage": "1Gi"}}},
                status={"phase": "Pending"},
            )
        ],
        kinds.INGRESS: [_object("orders", spec={"rules": [{"host": "orders.example.com"}]})],
        kinds.CONFIG_MAP: [_object("orders-4046", metadata={"deletionTimestamp": "now"})],
    }
    told = _told(family)
    assert "├─ Deployment/orders !! 0 of 1 ready; paused" in told
    assert "├─ Service/orders !! ClusterIP 10.0.0.7, 0 endpoints" in told
    assert "├─ ConfigMap/orders-4046 !! is being removed" in told
    assert "├─ HorizontalPodAutoscaler/orders !! 1 to 5 pods, now 1; FailedGetMetric: no metrics" in told
    assert "├─ Ingress/orders ok orders.example.com, without an address yet" in told
    assert "└─ PersistentVolumeClaim/orders-data !! Pending, 1Gi" in told
