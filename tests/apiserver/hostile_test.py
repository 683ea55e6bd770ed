"""The operator among people, programs and networks that mean it no good: what they garble is repaired, others go on."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.apiserver.conftest import CRD, ROOT
from tests.apiserver.scene import Scene
from tests.support.api_requests import WATCH, Requests, counted
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl, KubectlError, fresh_namespace
from tests.support.operator_process import OperatorProcess
from tests.support.stalling_proxy import StallingProxy

pytestmark = pytest.mark.apiserver

LONG_AGO, NEVER = "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"
MANY, CROWD = 1000, 10

Start = Callable[..., OperatorProcess]


def condition(kind: str, status: str, since: str) -> dict[str, Any]:
    return {"type": kind, "status": status, "reason": "Hoax", "message": "", "lastTransitionTime": since}


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param({"conditions": []}, id="no conditions"),
        pytest.param({"conditions": None, "selector": None, "url": None}, id="nothing"),
        pytest.param({"observedGeneration": 2**62, "readyReplicas": 9, "replicas": 9}, id="from the future"),
        pytest.param({"conditions": [condition("Ready", "True", LONG_AGO)]}, id="ready long ago"),
        pytest.param({"conditions": [condition("Ready", "False", NEVER)]}, id="changed in 8,000 years"),
        pytest.param({"conditions": [condition("Stalled", "True", NEVER)]}, id="stalled"),
        pytest.param(
            {"image": "example.com/evil:1", "selector": "=", "url": "ftp://[::"}, id="image and address"
        ),
        pytest.param({"image": ""}, id="no image"),
    ],
)
def test_a_garbled_status_is_repaired_and_changes_no_child(scene: Scene, garbage: dict[str, Any]) -> None:
    scene.apply()
    eventually(lambda: scene.condition().get("reason") == "SecretNotFound")
    eventually(lambda: scene.get("deployment", "orders").get("status", {}).get("unavailableReplicas"))
    status, spec = told(scene), scene.get("deployment", "orders")["spec"]
    patch = f"--patch={json.dumps({'status': garbage})}"
    scene("patch", "dataservice", "orders", "--subresource=status", "--type=merge", patch)
    eventually(lambda: told(scene) == status)
    assert scene.get("deployment", "orders")["spec"] == spec
    assert unexpected(scene.operator) == []


def told(scene: Scene) -> dict[str, Any]:
    """The status but for its times."""
    status = scene.get("dataservice", "orders")["status"]
    conditions = {each["type"]: {**each, "lastTransitionTime": ""} for each in status.get("conditions") or ()}
    return {**status, "conditions": conditions}


def unexpected(operator: OperatorProcess) -> list[str]:
    """Lines of the log that tell of a defect."""
    lines = operator.log.read_text().splitlines()
    return [line for line in lines if "Traceback" in line or "could not be reconciled" in line]


@pytest.mark.parametrize(
    "annotation", ["dataservice.dev/image-pin", "dataservice.dev/secret-hash", "dataservice.dev/cursor-key"]
)
def test_a_garbled_note_on_the_deployment_is_repaired_and_the_pods_stay_as_they_were(
    scene: Scene, start: Start, annotation: str
) -> None:
    """Also by an operator whose default image has moved since."""
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply()
    eventually(lambda: scene.condition().get("reason") == "RollingOut")
    scene.operator.stop()
    before = scene.get("deployment", "orders")
    start(default_image="example.com/service:next")
    metadata = {"metadata": {"annotations": {annotation: "garbage"}}}
    patch = metadata if "pin" in annotation else {"spec": {"template": metadata}}
    scene("patch", "deployment", "orders", "--type=merge", f"--patch={json.dumps(patch)}")

    def repaired() -> bool:
        live = scene.get("deployment", "orders")
        notes = live["metadata"]["annotations"], live["spec"]
        return bool(notes[0]["dataservice.dev/image-pin"] != "garbage" and "garbage" not in str(notes[1]))

    eventually(repaired)
    assert scene.get("deployment", "orders")["spec"] == before["spec"]


@pytest.mark.parametrize("kind", ["deployment", "service", "serviceaccount"])
@pytest.mark.parametrize(
    "stripped",
    [
        pytest.param({"labels": None}, id="labels"),
        pytest.param({"labels": None, "annotations": None}, id="labels and annotations"),
        pytest.param({"ownerReferences": None}, id="owner"),
        pytest.param({"labels": None, "ownerReferences": None}, id="labels and owner"),
    ],
)
def test_a_child_stripped_of_what_marks_it_is_marked_again(
    scene: Scene, kind: str, stripped: dict[str, None]
) -> None:
    scene.apply()
    eventually(scene.settled)
    before = marks(scene, kind)
    scene("patch", kind, "orders", "--type=merge", f"--patch={json.dumps({'metadata': stripped})}")
    eventually(lambda: marks(scene, kind) == before)
    assert scene.condition("Stalled")["status"] == "False"


def marks(scene: Scene, kind: str) -> tuple[Any, ...]:
    """uid, labels, owners and our annotations: those of controllers come when they like."""
    metadata = scene.get(kind, "orders")["metadata"]
    ours = {name: text for name, text in metadata.get("annotations", {}).items() if "dataservice.dev" in name}
    return metadata["uid"], metadata.get("labels"), metadata.get("ownerReferences"), ours


def test_a_namespace_that_is_going_is_left_alone_and_others_go_on(
    kubectl: Kubectl, namespace: str, start: Start
) -> None:
    with fresh_namespace(kubectl) as other:
        operator = start(watch_namespaces=f"{namespace},{other}", resync_seconds=1, log_format="json")
        going, staying = (Scene(kubectl, place, operator) for place in (namespace, other))
        for scene in (going, staying):
            scene.apply()
            eventually(scene.settled)
        with held_up(going):
            kubectl("delete", "namespace", namespace, "--wait=false")
            eventually(lambda: not going.children() and not going.list("dataservice"), seconds=60)
            said = lines_about(operator, namespace)
            before = operator.metric("dataservice_operator_reconcile_seconds_count")
            eventually(lambda: operator.metric("dataservice_operator_reconcile_seconds_count") > before + 5)
            assert not going.children()
            assert lines_about(operator, namespace) == said
            assert not [line for line in said if line["severity"] == "error"]
        staying("scale", "dataservice", "orders", "--replicas=2")
        eventually(lambda: staying.get("deployment", "orders")["spec"]["replicas"] == 2)


@contextmanager
def held_up(scene: Scene) -> Iterator[None]:
    """Something in the namespace that keeps it from being gone."""
    stone = {
        "kind": "ConfigMap",
        "apiVersion": "v1",
        "metadata": {"name": "stone", "finalizers": ["example.com/x"]},
    }
    scene("create", "--filename=-", manifest=stone)
    try:
        yield
    finally:
        scene("patch", "configmap", "stone", "--type=merge", '--patch={"metadata":{"finalizers":null}}')


def lines_about(operator: OperatorProcess, word: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in operator.log.read_text().splitlines() if word in line]


@pytest.mark.parametrize("what", ["a child", "the DataService"])
def test_a_watch_that_was_cut_without_a_word_is_opened_again_and_what_changed_is_noticed(
    scene_by_proxy: Scene, proxy: StallingProxy, what: str
) -> None:
    scene = scene_by_proxy
    scene.apply()
    eventually(scene.settled)
    proxy.cut()
    if what == "a child":
        scene("delete", "service", "orders")
        eventually(lambda: scene.get("service", "orders"), seconds=90)
    else:
        scene("scale", "dataservice", "orders", "--replicas=2")
        eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 2, seconds=90)


@pytest.fixture
def scene_by_proxy(kubectl: Kubectl, namespace: str, start: Start, through_proxy: Path) -> Scene:
    return Scene(kubectl, namespace, start(kubeconfig=through_proxy, watch_silence_seconds=3))


@pytest.mark.timeout(600)
def test_a_thousand_at_once_are_all_made_true_others_are_served_meanwhile_and_at_rest_they_cost_nothing(
    scene: Scene, start: Start
) -> None:
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply(spec={"replicas": 0})
    eventually(lambda: scene.condition().get("reason") == "ScaledToZero")
    with ThreadPoolExecutor(CROWD) as crowd:
        shares = crowd.map(partial(create_many, scene), range(CROWD))
        eventually(lambda: scene.operator.metric("dataservice_operator_queue_depth") > CROWD)
        scene("patch", "dataservice", "orders", "--type=merge", '--patch={"spec":{"service":{"port":81}}}')
        eventually(lambda: scene.get("service", "orders")["spec"]["ports"][0]["port"] == 81, seconds=60)
        assert ready(scene) < MANY, "it did not have to wait for all of them"
        list(shares)
    eventually(lambda: ready(scene) == MANY + 1, seconds=240, every=2)
    eventually(lambda: scene.operator.metric("dataservice_operator_queue_depth") == 0)
    assert len(scene.children()) == 5 * (MANY + 1)
    assert unexpected(scene.operator) == []
    assert scene.operator.stop() == 0
    assert set(asked_at_rest(scene, start(resync_seconds=15))) == {("LIST", "dataservices")}


def asked_at_rest(scene: Scene, operator: OperatorProcess) -> Requests:
    """What the API server was asked, beside watches, while each DataService was looked at twice."""

    def looked_at(times: int) -> bool:
        return operator.metric("dataservice_operator_reconcile_seconds_count") >= times * (MANY + 1)

    eventually(lambda: looked_at(1), seconds=60)
    before = counted(scene("get", "--raw=/metrics"))
    eventually(lambda: looked_at(3), seconds=90)
    after = counted(scene("get", "--raw=/metrics"))
    assert operator.metric("dataservice_operator_writes_total") == 0
    return Requests({what: times for what, times in (after - before).items() if what[0] != WATCH})


def create_many(scene: Scene, person: int) -> None:
    """One of a crowd's share of them."""
    names = [f"s-{person}-{number}" for number in range(MANY // CROWD)]
    items = [smallest(metadata={"name": name}, spec={"replicas": 0}) for name in names]
    manifest = {"apiVersion": "v1", "kind": "List", "items": items}
    scene.kubectl(f"--namespace={scene.namespace}", "create", "--filename=-", manifest=manifest, seconds=240)


def ready(scene: Scene) -> int:
    jsonpath = "-o=jsonpath={.items[*].status.conditions[?(@.type=='Ready')].status}"
    return scene("get", "dataservice", jsonpath).split().count("True")


@pytest.mark.parametrize(
    "garbage",
    [
        pytest.param({"spec": {"future": True}}, id="a field of the future"),
        pytest.param({"spec": {"database": 7, "api": None}}, id="wrong types"),
        pytest.param({"spec": {"data": {"schema": 7}}}, id="a schema that is a number"),
        pytest.param(
            {"status": {"conditions": [7, "x", {"type": []}], "observedGeneration": "x"}}, id="status"
        ),
        pytest.param({"status": {"conditions": "none"}}, id="conditions that are a word"),
    ],
)
def test_what_an_older_or_newer_crd_let_in_and_cannot_be_read_stops_no_other(
    scene: Scene, any_spec: Callable[[dict[str, Any]], None], garbage: dict[str, Any]
) -> None:
    any_spec(smallest(metadata={"name": "garbled"}, **garbage))
    scene.apply()
    eventually(scene.settled)
    scene("scale", "dataservice", "orders", "--replicas=2")
    eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 2)
    assert unexpected(scene.operator) == []


@pytest.fixture
def any_spec(kubectl: Kubectl, scene: Scene) -> Iterator[Callable[[dict[str, Any]], None]]:
    """Stores a DataService whatever it says, and leaves the CRD as it was; the object goes with the test."""
    (file,) = (ROOT / "crds").glob("*.yaml")
    strict = yaml.safe_load(file.read_text())
    loose = yaml.safe_load(file.read_text())
    (version,) = loose["spec"]["versions"]
    anything = {"x-kubernetes-preserve-unknown-fields": True}
    version["schema"]["openAPIV3Schema"] = {
        "type": "object",
        "properties": {"spec": {**anything, "type": "object"}, "status": anything},
    }
    del version["subresources"]["status"]

    def store(manifest: dict[str, Any]) -> None:
        kubectl("replace", "--filename=-", manifest=loose)
        eventually(lambda: accepted(manifest))
        kubectl("replace", "--filename=-", manifest=strict)
        kubectl("wait", "--for=condition=Established", "--timeout=30s", CRD)

    def accepted(manifest: dict[str, Any]) -> bool:
        try:
            scene("create", "--filename=-", "--validate=false", manifest=manifest)
        except KubectlError:
            return False
        name = manifest["metadata"]["name"]
        stored = scene.get("dataservice", name)
        return all(
            stored.get(part) == manifest[part] for part in ("spec", "status") if part in manifest
        ) or not scene("delete", "dataservice", name)

    yield store
    kubectl("replace", "--filename=-", manifest=strict)
