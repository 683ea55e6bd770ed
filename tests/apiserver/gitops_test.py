"""What GitOps tools make of a DataService on a real API server, and that they find nothing to change in it."""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
import yaml

from tests.apiserver.rolls_test import acted, template
from tests.apiserver.scene import Scene
from tests.support import argocd, flux
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.honest import kstatus
from tests.support.kubectl import Kubectl
from tests.support.operator_process import OperatorProcess
from tests.support.shop import ROOT, moved
from tests.support.watched import watched
from tests.upgrade.record import settled, users

pytestmark = pytest.mark.apiserver

RESTARTED = "dataservice.dev/restartedAt"
BY_ARGO_CD = (
    "apply",
    "--server-side",
    "--force-conflicts",
    "--field-manager=argocd-controller",
    "--filename=-",
)
BY_FLUX = (
    "apply",
    "--server-side",
    "--force-conflicts",
    "--field-manager=kustomize-controller",
    "--filename=-",
)


@pytest.mark.tools
def test_each_state_is_what_argo_cd_and_flux_take_it_for(
    kubectl: Kubectl, namespace: str, start: Callable[..., OperatorProcess]
) -> None:
    with watched(kubectl, namespace, "dataservice") as versions:
        seen = dict(_life(kubectl, namespace, start))
        eventually(lambda: len(versions) > len(seen))
        for version in versions:
            argocd.assert_agrees_with_flux(version)
    assert {state: argocd.health(live)[0] for state, live in seen.items()} == {
        "fresh": "Progressing",
        "without its Secret": "Progressing",
        "invalid": "Degraded",
        "ready": "Healthy",
        "suspended": "Suspended",
        "suspended, with an edit that waits": "Suspended",
        "edited, unseen": "Progressing",
        "going": "Progressing",
    }
    found = dict(zip(seen, flux.judged(list(seen.values())), strict=True))
    assert found == {
        "fresh": "InProgress",
        "without its Secret": "InProgress",
        "invalid": "Failed",
        "ready": "Current",
        "suspended": "Current",
        "suspended, with an edit that waits": "Failed",
        "edited, unseen": "InProgress",
        "going": "Terminating",
    }
    assert found == {state: kstatus(live) for state, live in seen.items()}, "as the other tests reckon it"


def _life(
    kubectl: Kubectl, namespace: str, start: Callable[..., OperatorProcess]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The states that a DataService can be in where no pod runs, each as the API server shows it."""
    kubectl(f"--namespace={namespace}", "apply", "--filename=-", manifest=smallest())
    yield "fresh", kubectl.json(f"--namespace={namespace}", "get", "dataservice", "orders")
    scene = Scene(kubectl, namespace, start())
    yield "without its Secret", _told(scene, "SecretNotFound")
    scene.apply(spec={"data": {"schema": {"type": "objekt"}}})
    yield "invalid", _told(scene, "InvalidSchema")
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply(spec={"replicas": 0})  # without a node, this alone becomes ready
    yield "ready", _told(scene, "ScaledToZero")
    scene.apply(spec={"replicas": 0, "suspend": True})
    yield "suspended", _told(scene, "ScaledToZero")
    scene.apply(spec={"replicas": 0, "suspend": True, "config": {"TZ": "UTC"}})
    yield "suspended, with an edit that waits", _told(scene, "Suspended")
    scene.operator.stop()
    scene.apply(spec={"replicas": 0})
    yield "edited, unseen", scene.get("dataservice", "orders")
    keep = {"metadata": {"finalizers": ["example.com/kept"]}}
    scene("patch", "dataservice", "orders", "--type=merge", f"--patch={json.dumps(keep)}")
    scene("delete", "dataservice", "orders", "--wait=false")
    yield "going", scene.get("dataservice", "orders")
    scene("patch", "dataservice", "orders", "--type=merge", '--patch={"metadata":{"finalizers":null}}')


def _told(scene: Scene, reason: str) -> dict[str, Any]:
    eventually(lambda: acted(scene) and scene.condition()["reason"] == reason)
    return scene.get("dataservice", "orders")


def test_argo_cds_actions_have_their_effect(scene: Scene) -> None:
    scene.apply(spec={"replicas": 0, "data": {"schema": {"enum": [None, 2**62 + 1]}}})
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    schema = scene.get("dataservice", "orders")["spec"]["data"]["schema"]
    _told(scene, "ScaledToZero")

    _act(scene, "restart")
    eventually(lambda: RESTARTED in template(scene)["metadata"]["annotations"])

    _act(scene, "suspend")
    eventually(lambda: scene.condition("Suspended")["status"] == "True")
    scene("patch", "dataservice", "orders", "--type=merge", '--patch={"spec":{"replicas":1}}')
    _told(scene, "Suspended")
    assert scene.get("deployment", "orders")["spec"]["replicas"] == 0

    _act(scene, "resume")
    eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 1)
    assert scene.get("dataservice", "orders")["spec"]["data"]["schema"] == schema


def _act(scene: Scene, name: str) -> None:
    live = scene.get("--show-managed-fields", "dataservice", "orders")
    assert name in argocd.actions(live)
    patch = json.dumps(argocd.act(live, name))
    scene("patch", "dataservice", "orders", "--type=merge", f"--patch={patch}")


def test_what_was_applied_and_is_at_rest_shows_no_difference(scene: Scene) -> None:
    """The samples, and DataServices that use every field, whoever applies them: nothing of theirs was written."""
    manifests = [*_of_samples(scene), *users()]
    notes = [manifest for manifest in manifests if manifest["metadata"]["name"] == "notes"]
    scene(*BY_ARGO_CD, manifest=_together(manifest for manifest in manifests if manifest not in notes))
    scene(*BY_FLUX, manifest=_together(notes))
    eventually(lambda: settled(scene.kubectl, scene.namespace, scene.operator))
    wanted = _together(manifest for manifest in manifests if manifest["kind"] == "DataService")
    live = _by_name(scene.list("--show-managed-fields", "dataservice"))
    for each in live.values():
        writers = [
            (entry["manager"], entry.get("subresource")) for entry in each["metadata"]["managedFields"]
        ]
        assert ("dataservice-operator", None) not in writers
    for command in (BY_ARGO_CD, BY_FLUX, ("apply", "--server-side", "--filename=-")):
        dry = json.loads(scene(*command, "--dry-run=server", "--output=json", manifest=wanted))
        found = _by_name(dry["items"])
        assert {name: _unmanaged(each) for name, each in found.items()} == {
            name: _unmanaged(each) for name, each in live.items()
        }
    scene("diff", "--server-side", "--filename=-", manifest=wanted)
    scene("diff", "--filename=-", manifest=wanted)


def _together(manifests: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "List", "items": list(manifests)}


def _by_name(objects: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {live["metadata"]["name"]: live for live in objects}


def _of_samples(scene: Scene) -> Iterator[dict[str, Any]]:
    for folder in ("k8s/samples", "k8s/samples/embedded"):
        for manifest in yaml.safe_load_all(scene("kustomize", str(ROOT / folder))):
            if manifest["kind"] != "Namespace":
                yield moved(manifest, scene.namespace)


def _unmanaged(live: dict[str, Any]) -> dict[str, Any]:
    metadata = {name: value for name, value in live["metadata"].items() if name != "managedFields"}
    return {**live, "metadata": metadata}
