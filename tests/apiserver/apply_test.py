"""Server-side apply beside other writers: what is theirs stays, what is ours is repaired, and nobody fights."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import load_kube_config

from dataservice_operator.cluster.apply import Version, apply_status, create, parameters
from dataservice_operator.cluster.client import APPLY, Client
from dataservice_operator.cluster.kinds import kind_of
from dataservice_operator.cluster.ownership import FIELD_MANAGER
from dataservice_operator.crd.resource import parse
from dataservice_operator.errors import Conflict, NotFound, Rejected
from dataservice_operator.render import names
from dataservice_operator.render.children import children
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.render.metadata import Manifest
from tests.apiserver.operator_test import AUTOSCALED, EVERYTHING, FULL, KINDS
from tests.apiserver.scene import SELECTOR, Scene
from tests.cluster.state import Cluster
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl

pytestmark = pytest.mark.apiserver

SERVICE = {"name": "service", "env": [{"name": "EXTRA", "value": "1"}]}
SIDECAR = {"name": "a-sidecar", "image": "example.com/sidecar:1"}
BEHAVIOR = {"scaleDown": {"stabilizationWindowSeconds": 42}}
PORT = {"name": "extra", "port": 9999, "protocol": "TCP"}
LABELLED = {"labels": {"example.com/team": "a"}, "annotations": {"example.com/note": "b"}}

FOREIGN: dict[str, dict[str, Any]] = {
    "Deployment": {"spec": {"template": {"metadata": LABELLED, "spec": {"containers": [SIDECAR, SERVICE]}}}},
    "HorizontalPodAutoscaler": {"spec": {"behavior": BEHAVIOR}},
    "Service": {"spec": {"ports": [PORT]}},
}
"""What another manager applies to our children, beside labels and annotations on all of them."""


@pytest.fixture
async def client(api_server: Cluster) -> AsyncIterator[Client]:
    """The operator's own, so that the same bytes go to the server."""
    configuration = Configuration()
    configuration.disable_strict_ssl_verification = True
    await load_kube_config(str(api_server.kubeconfig), client_configuration=configuration)
    api = ApiClient(configuration)
    yield Client(api)
    await api.close()


def ours(scene: Scene) -> list[dict[str, Any]]:
    return scene.list(",".join((*KINDS, "secret")), SELECTOR)


def apply_as(scene: Scene, manager: str, live: dict[str, Any], fields: dict[str, Any]) -> None:
    """Apply some fields of a child as another manager, taking over those that are somebody's."""
    metadata = {"name": live["metadata"]["name"], **fields.get("metadata", {})}
    manifest = {"apiVersion": live["apiVersion"], "kind": live["kind"], **fields, "metadata": metadata}
    command = ("apply", "--server-side", f"--field-manager={manager}", "--force-conflicts", "--filename=-")
    scene(*command, manifest=manifest)


def ports(scene: Scene) -> set[int]:
    return {port["port"] for port in scene.get("service", "orders")["spec"]["ports"]}


def containers(scene: Scene) -> dict[str, dict[str, Any]]:
    pod = scene.get("deployment", "orders")["spec"]["template"]["spec"]
    return {container["name"]: container for container in pod["containers"]}


def writes(scene: Scene, kind: str = "") -> float:
    """How often the operator has written, to objects of one kind or at all."""
    name = "dataservice_operator_writes_total"
    return scene.operator.metric(f'{name}{{kind="{kind}",verb="apply"}}' if kind else name)


def at_rest(scene: Scene) -> bool:
    """Whether there is nothing left to do: no work in the queue, and as many writes as a moment ago."""
    before = writes(scene)
    seen = scene.operator.metric("dataservice_operator_reconcile_seconds_count")
    scene("annotate", "--overwrite", "dataservice", "orders", f"example.com/look={seen}")
    eventually(lambda: scene.operator.metric("dataservice_operator_reconcile_seconds_count") > seen)
    return writes(scene) == before and scene.operator.metric("dataservice_operator_queue_depth") == 0


def test_what_another_manager_has_added_survives_our_changes(scene: Scene) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(len(KINDS) + 1))
    for child in ours(scene):
        apply_as(scene, "mesh", child, {"metadata": LABELLED, **FOREIGN.get(child["kind"], {})})
    eventually(lambda: at_rest(scene))
    before = {(child["kind"], child["metadata"]["name"]): child for child in ours(scene)}

    scene.apply(**FULL)
    eventually(lambda: 8080 in ports(scene))
    eventually(lambda: containers(scene)["service"]["image"] == "example.com/service:1")
    eventually(lambda: scene.get("hpa", "orders")["spec"]["maxReplicas"] == 7)
    eventually(lambda: scene.get("ingress", "orders")["spec"]["ingressClassName"] == "nginx")
    eventually(lambda: "minAvailable" in scene.get("pdb", "orders")["spec"])

    for child in ours(scene):
        if (child["kind"], child["metadata"]["name"]) in before:
            assert LABELLED["labels"].items() <= child["metadata"]["labels"].items(), child["kind"]
            assert LABELLED["annotations"].items() <= child["metadata"]["annotations"].items(), child["kind"]
    assert set(containers(scene)) == {"a-sidecar", "service"}
    variables = containers(scene)["service"]["env"]
    assert SERVICE["env"][0] in variables
    assert {"name": "TZ", "value": "Europe/Berlin"} in variables
    template = scene.get("deployment", "orders")["spec"]["template"]["metadata"]
    assert LABELLED["labels"].items() <= template["labels"].items()
    assert scene.get("hpa", "orders")["spec"]["behavior"]["scaleDown"]["stabilizationWindowSeconds"] == 42
    assert ports(scene) == {8080, 9999}
    eventually(lambda: at_rest(scene))


def test_a_node_port_once_given_is_kept(scene: Scene) -> None:
    scene.apply(spec={"service": {"type": "NodePort"}})
    eventually(scene.settled)
    (port,) = scene.get("service", "orders")["spec"]["ports"]
    scene.apply(spec={"service": {"type": "NodePort", "annotations": {"example.com/a": "b"}}})
    eventually(lambda: "example.com/a" in scene.get("service", "orders")["metadata"]["annotations"])
    assert scene.get("service", "orders")["spec"]["ports"] == [port]
    eventually(lambda: at_rest(scene))


RIVALS: dict[str, dict[str, Any]] = {
    "deployment": {"spec": {"template": {"spec": {"containers": [{"name": "service", "image": "other:1"}]}}}},
    "service": {"spec": {"selector": {"app.kubernetes.io/instance": "other"}}},
    "hpa": {"spec": {"maxReplicas": 99}},
    "pdb": {"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody-else"}}},
    "ingress": {"metadata": {"annotations": {"dataservice.dev/owner": "somebody-else"}}},
}
"""What a rival takes over of each kind."""


@pytest.mark.parametrize("kind", RIVALS)
def test_a_rivals_write_to_a_field_of_ours_is_answered_by_one_write_and_no_fight(
    scene: Scene, kind: str
) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(len(KINDS) + 1))
    eventually(lambda: at_rest(scene))
    whole = without_bookkeeping(scene.get(kind, "orders"))
    for answered in (1, 2):
        live = scene.get(kind, "orders")
        before = writes(scene, live["kind"])
        apply_as(scene, "rival", live, RIVALS[kind])
        eventually(lambda: without_bookkeeping(scene.get(kind, "orders")) == whole)
        eventually(lambda: at_rest(scene))
        assert writes(scene, live["kind"]) - before == 1, f"of rival write {answered}"


def test_a_rival_that_agrees_with_us_is_no_reason_to_write(scene: Scene) -> None:
    scene.apply()
    eventually(scene.settled)
    eventually(lambda: at_rest(scene))
    before, live = writes(scene), scene.get("deployment", "orders")
    apply_as(scene, "rival", live, {"spec": {"replicas": 1}})
    eventually(lambda: at_rest(scene))
    assert writes(scene) == before
    assert "rival" in managers(scene, "deployment")


WAITING = {"serviceaccount": 2, "secret": 1}
"""How many others cannot be made without it: it owns the Secret with the cursor key, for which the pods wait."""


@pytest.mark.parametrize("kind", [*KINDS, "secret"])
def test_a_strangers_object_of_a_childs_name_is_left_alone_whatever_its_kind(scene: Scene, kind: str) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(len(KINDS) + 1))
    (child,) = scene.list(kind, SELECTOR)
    scene("delete", "dataservice", "orders")
    eventually(lambda: not scene.children(), seconds=60)
    metadata = {"name": child["metadata"]["name"], "labels": {"example.com/team": "strangers"}}
    stranger = {name: value for name, value in child.items() if name != "status"}
    scene("create", "--filename=-", manifest={**stranger, "metadata": metadata})
    before = scene.get(kind, metadata["name"])

    scene.apply(**EVERYTHING)
    ready = eventually(lambda: scene.condition() if scene.condition().get("reason") == "NotOwned" else {})
    assert metadata["name"] in ready["message"]
    assert scene.condition("Stalled")["status"] == "True"
    others = len(KINDS) - WAITING.get(kind, 0)
    eventually(lambda: len(scene.children()) == others, seconds=10)
    scene("delete", "dataservice", "orders")
    eventually(lambda: not scene.children(), seconds=60)
    after = scene.get(kind, metadata["name"])
    assert without_bookkeeping(after) == without_bookkeeping(before)
    assert FIELD_MANAGER not in managers(scene, kind, metadata["name"])


@pytest.mark.parametrize(
    "changes", [{}, AUTOSCALED, EVERYTHING, FULL], ids=["smallest", "autoscaled", "all", "full"]
)
async def test_at_rest_a_dry_run_of_the_rendered_set_changes_nothing(
    scene: Scene, client: Client, changes: dict[str, Any]
) -> None:
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene("create", "secret", "generic", "orders-keys")
    scene.apply(**changes)
    eventually(lambda: scene.condition().get("reason") == "RollingOut")
    eventually(lambda: scene.get("deployment", "orders").get("status", {}).get("unavailableReplicas"))
    eventually(lambda: at_rest(scene))
    for manifest in rendered(scene):
        path = kind_of(manifest).path(scene.namespace, manifest["metadata"]["name"])
        query = {**parameters(FIELD_MANAGER), "dryRun": "All"}
        answer = await client.write("PATCH", path, manifest, content_type=APPLY, **query)
        live = scene.get(manifest["kind"], manifest["metadata"]["name"])
        assert answer["metadata"]["resourceVersion"] == live["metadata"]["resourceVersion"], manifest["kind"]
        assert answer.get("spec") == live.get("spec")
        assert answer.get("data") == live.get("data")


@pytest.mark.parametrize(("exists", "error"), [(False, NotFound), (True, Conflict)], ids=["gone", "another"])
async def test_a_status_of_one_that_is_gone_or_another_is_refused(
    kubectl: Kubectl, namespace: str, client: Client, *, exists: bool, error: type[Exception]
) -> None:
    """Nothing else asks whether a DataService exists when children are first made for it."""
    if exists:
        kubectl(f"--namespace={namespace}", "apply", "--filename=-", manifest=smallest())
    with pytest.raises(error):
        await apply_status(client, namespace, "orders", {"observedGeneration": 1}, Version("another", "1"))


async def test_a_field_that_the_api_server_does_not_know_is_refused_and_not_dropped(
    kubectl: Kubectl, namespace: str, client: Client
) -> None:
    manifest = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": {"name": "orders", "namespace": namespace},
        "automountServiceAccountTokens": False,
    }
    with pytest.raises(Rejected, match=r"\.automountServiceAccountTokens: field not declared"):
        await create(client, manifest)
    assert not kubectl(f"--namespace={namespace}", "get", "--ignore-not-found", "serviceaccount", "orders")


def rendered(scene: Scene) -> tuple[Manifest, ...]:
    """The pure render of the live DataService, with what the operator reads beside it taken from the Deployment."""
    live = scene.get("deployment", "orders")
    annotations = live["spec"]["template"]["metadata"]["annotations"]
    parent = parse(scene.get("dataservice", "orders"))
    assert parent.status.image is not None
    inputs = Inputs(
        image=parent.status.image,
        image_pin=live["metadata"]["annotations"][names.IMAGE_PIN],
        secret_hash=annotations[names.SECRET_HASH],
        cursor_key=annotations[names.CURSOR_KEY_UID],
    )
    return children(parent, inputs).manifests()


def without_bookkeeping(live: dict[str, Any]) -> dict[str, Any]:
    """What people see in an object: without the API server's own notes, and what controllers tell of it."""
    noted = ("resourceVersion", "generation", "managedFields")
    metadata = {name: value for name, value in live["metadata"].items() if name not in noted}
    controllers = {
        name: value
        for name, value in (metadata.get("annotations") or {}).items()
        if not name.startswith("deployment.kubernetes.io/")
    }
    return {
        **{name: value for name, value in live.items() if name != "status"},
        "metadata": {**metadata, "annotations": controllers},
    }


def managers(scene: Scene, kind: str, name: str = "orders") -> set[str]:
    live = scene.get("--show-managed-fields", kind, name)
    return {each["manager"] for each in live["metadata"]["managedFields"]}
