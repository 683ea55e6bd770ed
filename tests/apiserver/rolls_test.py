"""What replaces the pods and what does not. Pods are replaced when the Deployment's pod template changes."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.apiserver.apply_test import at_rest
from tests.apiserver.scene import Scene
from tests.support.eventually import eventually

pytestmark = pytest.mark.apiserver

BASE: dict[str, Any] = {"spec": {"replicas": 2}}
Edit = Callable[[Scene], object]


def annotate(key: str, value: str = "2026-11") -> Edit:
    return lambda scene: scene("annotate", "--overwrite", "dataservice", "orders", f"{key}={value}")


def secret(key: str, value: str) -> Edit:
    patch = f'{{"stringData":{{"{key}":"{value}"}}}}'
    return lambda scene: scene("patch", "secret", "orders-mongo", "--patch", patch)


def spec(**changes: Any) -> Edit:
    """By a merge patch, so that what was changed before stays."""
    patch = json.dumps({"spec": changes})
    return lambda scene: scene("patch", "dataservice", "orders", "--type=merge", "--patch", patch)


LEAVE: dict[str, Edit] = {
    "a label of the DataService": lambda scene: scene("label", "dataservice", "orders", "example.com/team=a"),
    "an annotation of the DataService": annotate("example.com/note"),
    "the Service's annotations": spec(service={"annotations": {"example.com/a": "b"}}),
    "the Service's port": spec(service={"port": 8080}),
    "the Service's type": spec(service={"type": "NodePort"}),
    "the ingress": spec(ingress={"host": "orders.example.com"}),
    "the disruption budget": spec(podDisruptionBudget={"minAvailable": 1}),
    "the network policy": spec(networkPolicy={"enabled": True}),
    "the ServiceMonitor": spec(monitoring={"serviceMonitor": True}),
    "what becomes of the children": spec(deletionPolicy="Orphan"),
    "replicas": spec(replicas=3),
    "the autoscaler coming": spec(autoscaling={"minReplicas": 2, "maxReplicas": 5}),
    "the autoscaler's bounds": spec(autoscaling={"minReplicas": 3, "maxReplicas": 7}),
    "the autoscaler going": spec(autoscaling=None),
    "another key of the Secret": secret("other", "x"),
    "the same value of the Secret again": secret("uri", "mongodb://db"),
    "an upgrade where the default image is the same": annotate("dataservice.dev/upgrade"),
}

ROLL: dict[str, Edit] = {
    "the environment": spec(config={"TZ": "Europe/Berlin"}),
    "the schema": spec(data={"schema": {"type": "object", "maxProperties": 3}}),
    "an index": spec(data={"indexes": [{"fields": ["sku"]}]}),
    "the limits of the API": spec(api={"limits": {"maxPageSize": 10}}),
    "the collection": spec(database={"mongodb": {"collection": "purchases"}}),
    "the Secret's value": secret("uri", "mongodb://another"),
    "the resources": spec(resources={"limits": {"memory": "300Mi"}}),
    "the scheduling": spec(scheduling={"nodeSelector": {"kubernetes.io/os": "linux"}}),
    "the image": spec(image="example.com/service:1"),
    "a restart": annotate("dataservice.dev/restartedAt"),
}


def test_what_concerns_no_pod_replaces_none(scene: Scene) -> None:
    begin(scene)
    before = template(scene)
    for what, edit in LEAVE.items():
        edit(scene)
        eventually(lambda: acted(scene))
        eventually(lambda: at_rest(scene))
        assert template(scene) == before, what
    assert revision(scene) == 1


def test_what_pods_were_started_with_replaces_them_once(scene: Scene) -> None:
    begin(scene)
    for number, (what, edit) in enumerate(ROLL.items(), start=2):
        edit(scene)
        eventually(lambda: acted(scene))
        eventually(lambda: at_rest(scene))
        eventually(lambda: rolled(scene))
        assert revision(scene) == number, what


def begin(scene: Scene) -> None:
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply(**BASE)
    eventually(scene.settled)
    eventually(lambda: revision(scene) == 1)
    eventually(lambda: at_rest(scene))


def acted(scene: Scene) -> bool:
    live = scene.get("dataservice", "orders")
    return bool(live["status"]["observedGeneration"] == live["metadata"]["generation"])


def rolled(scene: Scene) -> bool:
    """Whether the Deployment's controller has seen the last template."""
    live = scene.get("deployment", "orders")
    return bool(live["status"]["observedGeneration"] == live["metadata"]["generation"])


def template(scene: Scene) -> dict[str, Any]:
    found: dict[str, Any] = scene.get("deployment", "orders")["spec"]["template"]
    return found


def revision(scene: Scene) -> int:
    """How many generations of pods there have been."""
    annotations = scene.get("deployment", "orders")["metadata"].get("annotations", {})
    return int(annotations.get("deployment.kubernetes.io/revision", 0))
