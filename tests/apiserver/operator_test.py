"""The operator on a real API server with the real controllers, without nodes: no pod ever runs."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster.state import Cluster
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl
from tests.support.operator_process import OperatorProcess

pytestmark = pytest.mark.apiserver

OPTIONAL = ("horizontalpodautoscaler", "ingress", "poddisruptionbudget")
KINDS = ("configmap", "deployment", "service", "serviceaccount", *OPTIONAL)
EVERY_CHILD = len(KINDS) + 1
"""One of each kind, and the Secret with the cursor key."""

SELECTOR = "--selector=app.kubernetes.io/managed-by=dataservice-operator"
AUTOSCALED = {
    "spec": {"autoscaling": {"minReplicas": 2, "maxReplicas": 5, "targetCPUUtilizationPercentage": 60}}
}
EVERYTHING: dict[str, Any] = {
    "spec": {
        **AUTOSCALED["spec"],
        "ingress": {"host": "orders.example.com", "tlsSecret": "orders-tls"},
        "podDisruptionBudget": {"maxUnavailable": 1},
    }
}
"""Asks for each kind of child."""

FULL: dict[str, Any] = {
    "spec": {
        **EVERYTHING["spec"],
        "ingress": {
            "host": "*.example.com",
            "className": "nginx",
            "tlsSecret": "orders-tls",
            "annotations": {"example.com/c": "d"},
            "path": "/orders",
        },
        "podDisruptionBudget": {"minAvailable": "50%"},
        "autoscaling": {"minReplicas": 2, "maxReplicas": 7, "targetMemoryUtilizationPercentage": 80},
        "image": "example.com/service:1",
        "config": {"TZ": "Europe/Berlin", "EMPTY": "", "A": "ä", "EMOJI": "\N{GRINNING FACE}"},
        "data": {
            "schema": {
                "type": "object",
                "required": ["sku"],
                "properties": {"sku": {"title": "\N{GRINNING FACE}\x7f"}},
            },
            "indexes": [{"fields": ["sku"], "unique": True}, {"fields": ["-_created_at"]}],
        },
        "api": {
            "auth": {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}},
            "limits": {"maxBodyBytes": 2048, "maxPageSize": 10, "requestsPerSecond": 20, "burst": 40},
            "requireIfMatch": True,
            "cors": {"allowedOrigins": ["https://shop.example.com"]},
        },
        "resources": {
            "requests": {"cpu": "1500m", "memory": "1024Mi", "ephemeral-storage": "100u"},
            "limits": {"cpu": 2, "memory": "1.5Gi", "ephemeral-storage": "1.0001Gi"},
        },
        "scheduling": {
            "nodeSelector": {"kubernetes.io/arch": "amd64"},
            "tolerations": [
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 5}
            ],
            "topologySpreadConstraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "topology.kubernetes.io/zone",
                    "whenUnsatisfiable": "DoNotSchedule",
                }
            ],
            "affinity": {
                "podAntiAffinity": {
                    "preferredDuringSchedulingIgnoredDuringExecution": [
                        {
                            "weight": 1,
                            "podAffinityTerm": {
                                "topologyKey": "kubernetes.io/hostname",
                                "labelSelector": {"matchLabels": {"a": "b"}},
                                "namespaceSelector": {"matchLabels": {}},
                            },
                        }
                    ]
                }
            },
        },
        "service": {"type": "NodePort", "port": 8080, "annotations": {"example.com/a": "b"}},
    }
}


class Scene:
    """One namespace, one operator that watches it, and what a test looks at there."""

    def __init__(self, kubectl: Kubectl, namespace: str, operator: OperatorProcess) -> None:
        self.kubectl = kubectl
        self.namespace = namespace
        self.operator = operator

    def apply(self, **changes: Any) -> None:
        self("apply", "--filename=-", manifest=smallest(**changes))

    def __call__(self, *arguments: str, manifest: Any = None) -> str:
        return self.kubectl(f"--namespace={self.namespace}", *arguments, manifest=manifest)

    def get(self, *what: str) -> dict[str, Any]:
        """The object, empty when it is not there."""
        return (
            self.kubectl.json(f"--namespace={self.namespace}", "get", "--ignore-not-found", *what)
            if (self("get", "--ignore-not-found", "--output=name", *what))
            else {}
        )

    def list(self, *what: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.kubectl.json(f"--namespace={self.namespace}", "get", *what)[
            "items"
        ]
        return items

    def children(self) -> dict[str, str]:
        """Resource version by kind and name of everything the operator made."""
        return {
            f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["resourceVersion"]
            for item in self.list(",".join((*KINDS, "secret")), SELECTOR)
        }

    def condition(self, kind: str = "Ready", name: str = "orders") -> dict[str, Any]:
        status = self.get("dataservice", name).get("status") or {}
        return next((known for known in status.get("conditions") or () if known["type"] == kind), {})

    def settled(self, kinds: int = 5, name: str = "orders") -> bool:
        """Whether the operator has acted on the last spec, and its children are there."""
        parent = self.get("dataservice", name)
        current = parent.get("status", {}).get("observedGeneration") == parent["metadata"]["generation"]
        return current and len(self.children()) >= kinds

    def container(self) -> dict[str, Any]:
        container: dict[str, Any] = self.get("deployment", "orders")["spec"]["template"]["spec"][
            "containers"
        ][0]
        return container


@pytest.fixture
def start(api_server: Cluster, namespace: str, tmp_path: Path) -> Iterator[Callable[..., OperatorProcess]]:
    """Starts operators that watch the test's namespace; they end with the test."""
    started: list[OperatorProcess] = []

    def start(**settings: object) -> OperatorProcess:
        log = tmp_path / f"operator-{len(started)}.log"
        operator = OperatorProcess(api_server.kubeconfig, log, watch_namespaces=namespace, **settings)
        started.append(operator)
        return operator.start()

    yield start
    for operator in started:
        operator.close()


@pytest.fixture
def scene(kubectl: Kubectl, namespace: str, start: Callable[..., OperatorProcess]) -> Scene:
    return Scene(kubectl, namespace, start())


def test_a_data_service_gets_every_child_owned_by_it(scene: Scene) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(EVERY_CHILD))
    uid = scene.get("dataservice", "orders")["metadata"]["uid"]
    for child in scene.list(",".join((*KINDS, "secret")), SELECTOR):
        (owner,) = child["metadata"]["ownerReferences"]
        assert owner["uid"] == uid
        assert owner["controller"]


@pytest.mark.parametrize("changes", [{}, AUTOSCALED, FULL], ids=["smallest", "autoscaled", "full"])
def test_nothing_is_written_at_rest_also_by_an_operator_started_anew(
    scene: Scene, start: Callable[..., OperatorProcess], changes: dict[str, Any]
) -> None:
    scene.apply(**changes)
    eventually(scene.settled)
    eventually(lambda: scene.condition()["reason"] == "SecretNotFound")
    eventually(lambda: scene.get("deployment", "orders").get("status", {}).get("unavailableReplicas"))
    eventually(lambda: scene.operator.metric("dataservice_operator_queue_depth") == 0)
    scene.operator.kill()
    before = scene.children(), scene.get("dataservice", "orders")
    again = start(resync_seconds=1)
    eventually(lambda: again.metric("dataservice_operator_reconcile_seconds_count") >= 4)
    assert again.metric("dataservice_operator_writes_total") == 0
    assert (scene.children(), scene.get("dataservice", "orders")) == before


@pytest.mark.parametrize("kind", OPTIONAL)
def test_a_child_comes_changes_and_goes_with_its_part_of_the_spec_and_a_strangers_stays(
    scene: Scene, kind: str
) -> None:
    scene.apply()
    eventually(lambda: scene.settled(5))
    scene.apply(**EVERYTHING)
    first = eventually(lambda: scene.get(kind, "orders"))
    stranger = {**first, "metadata": {"name": "orders-of-others", "labels": first["metadata"]["labels"]}}
    scene("create", "--filename=-", manifest=stranger)
    scene.apply(**FULL)
    eventually(lambda: scene.get(kind, "orders")["spec"] != first["spec"])
    scene.apply()
    eventually(lambda: not scene.get(kind, "orders"))
    assert scene.get(kind, "orders-of-others")
    scene.apply(**EVERYTHING)
    again = eventually(lambda: scene.get(kind, "orders"))
    assert again["spec"] == first["spec"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_deleted_child_is_made_again(scene: Scene, kind: str) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(EVERY_CHILD))
    (child,) = scene.list(kind, SELECTOR)
    scene("delete", kind, child["metadata"]["name"])
    again = eventually(lambda: scene.get(kind, child["metadata"]["name"]))
    assert again["metadata"]["uid"] != child["metadata"]["uid"]


def test_an_edited_child_is_repaired_and_what_others_added_stays(scene: Scene) -> None:
    scene.apply()
    eventually(scene.settled)
    image = scene.container()["image"]
    scene("annotate", "deployment", "orders", "example.com/note=mine")
    scene("set", "image", "deployment/orders", "service=example.com/other:1")
    scene("label", "service", "orders", "app.kubernetes.io/managed-by-")
    eventually(lambda: scene.container()["image"] == image)
    eventually(lambda: scene.list("service", SELECTOR))
    assert scene.get("deployment", "orders")["metadata"]["annotations"]["example.com/note"] == "mine"


def test_deleting_the_data_service_leaves_nothing_behind(scene: Scene) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(EVERY_CHILD))
    scene("delete", "dataservice", "orders")
    eventually(lambda: not scene.children() and not scene.list("replicaset"), seconds=60)


def test_deleted_and_created_again_at_once_it_gets_children_of_its_own(scene: Scene) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(EVERY_CHILD))
    scene("delete", "dataservice", "orders")
    scene.apply(**EVERYTHING)
    uid = scene.get("dataservice", "orders")["metadata"]["uid"]

    def remade() -> bool:
        assert scene.condition("Stalled").get("status") != "True"
        owners = [
            child["metadata"]["ownerReferences"][0]["uid"]
            for child in scene.list(",".join((*KINDS, "secret")), SELECTOR)
        ]
        return owners == [uid] * EVERY_CHILD

    eventually(remade, seconds=60)


def test_kubectl_scale_reaches_the_deployment(scene: Scene) -> None:
    scene.apply()
    eventually(scene.settled)
    scene("scale", "dataservice", "orders", "--replicas=4")
    eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 4)
    eventually(lambda: scene.get("dataservice", "orders")["status"]["replicas"] == 4)


def test_zero_replicas_is_ready_because_it_was_asked_for(scene: Scene) -> None:
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply(spec={"replicas": 0})
    eventually(lambda: scene.condition().get("reason") == "ScaledToZero")
    assert scene.condition()["status"] == "True"


def test_autoscaling_comes_and_goes_without_the_replicas_falling(scene: Scene) -> None:
    scene.apply(spec={"replicas": 3})
    eventually(scene.settled)
    scene.apply(**AUTOSCALED)
    eventually(lambda: scene.get("hpa", "orders"))
    eventually(scene.settled)
    assert scene.get("deployment", "orders")["spec"]["replicas"] == 3
    scene.apply(spec={"replicas": 3})
    eventually(lambda: not scene.get("hpa", "orders"))
    assert scene.get("deployment", "orders")["spec"]["replicas"] == 3


def test_an_autoscaler_never_finds_0_replicas_which_would_switch_it_off(scene: Scene) -> None:
    scene.apply(spec={"replicas": 0})
    eventually(scene.settled)
    scene.apply(spec={"replicas": 0, **AUTOSCALED["spec"]})
    eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 2)
    scene("scale", "deployment/orders", "--replicas=0")
    eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 2)


def test_a_new_schema_makes_a_new_config_map_and_rolls_the_pods(scene: Scene) -> None:
    scene.apply()
    eventually(scene.settled)
    (before,) = scene.list("configmap", SELECTOR)
    scene.apply(spec={"data": {"schema": {"type": "object", "maxProperties": 3}}})
    eventually(lambda: len(scene.list("configmap", SELECTOR)) == 2)
    eventually(lambda: scene.get("deployment", "orders")["metadata"]["generation"] == 2)
    volumes = scene.get("deployment", "orders")["spec"]["template"]["spec"]["volumes"]
    mounted = next(volume["configMap"]["name"] for volume in volumes if "configMap" in volume)
    assert mounted != before["metadata"]["name"]


def test_a_schema_in_a_config_map_is_awaited_read_and_followed(scene: Scene) -> None:
    def write(text: str, *options: str) -> None:
        literals = (f"--from-literal=schema.json={text}", *options)
        manifest = scene(
            "create", "configmap", "orders-schema", *literals, "--dry-run=client", "--output=json"
        )
        scene("apply", "--server-side", "--filename=-", manifest=json.loads(manifest))

    def generation() -> int:
        number: int = scene.get("deployment", "orders")["metadata"]["generation"]
        return number

    def told(reason: str) -> None:
        eventually(lambda: scene.condition().get("reason") == reason)

    scene.apply(spec={"data": {"schemaFrom": {"configMap": {"name": "orders-schema", "key": "schema.json"}}}})
    told("ConfigMapNotFound")
    assert not scene.children(), "nothing is rendered without its schema"
    write('{"required": ["sku"]}')
    eventually(scene.settled)
    told("SecretNotFound")
    (first,) = scene.list("configmap", SELECTOR)
    assert json.loads(first["data"]["schema.json"]) == {"required": ["sku"]}

    before = generation()
    write('{"required": ["sku"]}', "--from-literal=note=mine")
    scene("annotate", "configmap", "orders-schema", "example.com/note=mine")
    write("required: [sku]")
    told("InvalidSchema")
    assert "ConfigMap 'orders-schema', schema.json#" in scene.condition()["message"]
    scene("delete", "configmap", "orders-schema")
    told("ConfigMapNotFound")
    assert generation() == before
    assert scene.list("configmap", SELECTOR) == [first]

    write('{"required": ["sku", "price"]}')
    eventually(lambda: generation() > before)
    told("SecretNotFound")


def test_a_missing_secret_of_keys_is_told_and_its_change_rolls_nothing(scene: Scene) -> None:
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply(spec={"api": {"auth": {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}}})
    eventually(lambda: scene.condition().get("reason") == "KeysSecretNotFound")
    assert "'orders-keys'" in scene.condition()["message"]
    before = eventually(lambda: scene.get("deployment", "orders"))["metadata"]["generation"]
    scene("create", "secret", "generic", "orders-keys", f"--from-literal=till=sha256:{'0' * 64}")
    eventually(lambda: scene.condition()["reason"] == "RollingOut")
    seen = scene.operator.metric("dataservice_operator_reconcile_seconds_count")
    scene("patch", "secret", "orders-keys", "--patch", '{"stringData":{"web":"sha256:"}}')
    eventually(lambda: scene.operator.metric("dataservice_operator_reconcile_seconds_count") > seen)
    assert scene.get("deployment", "orders")["metadata"]["generation"] == before


def test_a_missing_secret_is_named_and_its_appearance_heals_and_rolls(scene: Scene) -> None:
    scene.apply()
    ready = eventually(
        lambda: scene.condition() if scene.condition().get("reason") == "SecretNotFound" else {}
    )
    assert "'orders-mongo'" in ready["message"]
    assert "'uri'" in ready["message"]
    assert scene.condition("Reconciling")["status"] == "True"
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=url=mongodb://db")
    eventually(lambda: scene.condition()["reason"] == "SecretKeyNotFound")
    scene("patch", "secret", "orders-mongo", "--patch", '{"stringData":{"uri":"mongodb://db"}}')
    eventually(lambda: scene.condition()["reason"] == "RollingOut")
    annotations = scene.get("deployment", "orders")["spec"]["template"]["metadata"]["annotations"]
    assert "mongodb" not in annotations["dataservice.dev/secret-hash"]


def test_a_new_cursor_key_rolls_the_pods_so_that_all_of_them_sign_with_it(scene: Scene) -> None:
    scene.apply()
    eventually(scene.settled)
    generation = scene.get("deployment", "orders")["metadata"]["generation"]
    old = scene.get("secret", "orders-cursor")["metadata"]["uid"]
    scene("delete", "secret", "orders-cursor")
    new = eventually(lambda: scene.get("secret", "orders-cursor"))["metadata"]["uid"]
    assert new != old
    eventually(lambda: scene.get("deployment", "orders")["metadata"]["generation"] > generation)
    annotations = scene.get("deployment", "orders")["spec"]["template"]["metadata"]["annotations"]
    assert annotations["dataservice.dev/cursor-key"] == new


def test_a_secret_that_vanishes_does_not_roll_the_pods(scene: Scene) -> None:
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply()
    eventually(lambda: scene.condition().get("reason") == "RollingOut")
    generation = scene.get("deployment", "orders")["metadata"]["generation"]
    scene("delete", "secret", "orders-mongo")
    eventually(lambda: scene.condition()["reason"] == "SecretNotFound")
    assert scene.get("deployment", "orders")["metadata"]["generation"] == generation


def test_a_stranger_of_the_same_name_is_left_alone_until_it_is_handed_over(scene: Scene) -> None:
    scene("create", "service", "clusterip", "orders", "--tcp=99:99")
    before = scene.get("service", "orders")
    scene.apply()
    ready = eventually(lambda: scene.condition() if scene.condition().get("reason") == "NotOwned" else {})
    assert scene.condition("Stalled")["status"] == "True"
    assert scene.get("service", "orders") == before
    command = ready["message"].split("hand it over: kubectl ")[1]
    scene.kubectl(*command.split())
    eventually(
        lambda: 80 in {port["port"] for port in scene.get("service", "orders")["spec"]["ports"]}, seconds=60
    )


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        ({"schema": {"type": "objekt"}}, "InvalidSchema", "/spec/data/schema/type"),
        ({"schema": {"$ref": "http://127.0.0.1/x"}}, "InvalidSchema", "/spec/data/schema/$ref"),
        ({"indexes": [{"fields": ["sku"], "unique": True}]}, "IndexFieldNotRequired", "'sku'"),
    ],
)
def test_what_only_an_edit_can_heal_stalls_at_once_and_leaves_the_children_alone(
    scene: Scene, data: dict[str, Any], reason: str, words: str
) -> None:
    scene.apply()
    eventually(scene.settled)
    before = {
        name: version for name, version in scene.children().items() if not name.startswith("Deployment")
    }
    scene.apply(spec={"data": data})
    eventually(lambda: scene.condition("Stalled").get("status") == "True")
    assert scene.condition()["reason"] == reason
    assert words in scene.condition()["message"]
    after = {name: version for name, version in scene.children().items() if not name.startswith("Deployment")}
    assert after == before
    scene.apply()
    eventually(lambda: scene.condition("Stalled")["status"] == "False")


def test_a_garbled_status_is_repaired(scene: Scene) -> None:
    scene.apply()
    eventually(lambda: scene.condition().get("reason") == "SecretNotFound")
    garbage = '{"status":{"observedGeneration":7,"readyReplicas":9,"conditions":[]}}'
    scene("patch", "dataservice", "orders", "--subresource=status", "--type=merge", "--patch", garbage)
    eventually(lambda: scene.condition().get("reason") == "SecretNotFound")
    eventually(lambda: scene.get("dataservice", "orders")["status"]["readyReplicas"] == 0)


def test_a_new_default_image_rolls_nothing_until_the_upgrade_is_asked_for(
    scene: Scene, start: Callable[..., OperatorProcess]
) -> None:
    scene.apply()
    eventually(scene.settled)
    image = scene.container()["image"]
    scene.operator.stop()
    again = start(default_image="example.com/service:next")
    eventually(lambda: again.metric("dataservice_operator_reconcile_seconds_count") >= 1)
    assert scene.container()["image"] == image
    scene("annotate", "dataservice", "orders", "dataservice.dev/upgrade=2026-11")
    eventually(lambda: scene.container()["image"] == "example.com/service:next")
    eventually(lambda: scene.get("dataservice", "orders")["status"]["image"] == "example.com/service:next")


def test_a_restart_is_asked_for_by_annotation(scene: Scene) -> None:
    scene.apply()
    eventually(scene.settled)
    generation = scene.get("deployment", "orders")["metadata"]["generation"]
    scene("annotate", "dataservice", "orders", "dataservice.dev/restartedAt=2026-11-23T12:00:00Z")
    eventually(lambda: scene.get("deployment", "orders")["metadata"]["generation"] > generation)


def test_what_the_api_server_refuses_of_a_child_is_told(scene: Scene) -> None:
    scene.apply(spec={"scheduling": {"affinity": {"nodeAffinity": {"nonsense": True}}}})
    ready = eventually(lambda: scene.condition() if scene.condition().get("reason") == "Rejected" else {})
    assert "nonsense" in ready["message"]
    assert scene.get("service", "orders"), "the other children are there"


def test_killed_in_the_middle_the_next_operator_goes_on(
    scene: Scene, start: Callable[..., OperatorProcess]
) -> None:
    names = [f"svc-{number}" for number in range(12)]
    items = [smallest(metadata={"name": name}) for name in names]
    scene("apply", "--filename=-", manifest={"apiVersion": "v1", "kind": "List", "items": items})
    eventually(scene.children, every=0.01)
    scene.operator.kill()
    start()
    eventually(lambda: all(scene.settled(5 * len(names), name) for name in names), seconds=60)
    assert len(scene.children()) == 5 * len(names)


def test_one_of_two_operators_writes_and_the_other_takes_over_when_it_is_killed(
    kubectl: Kubectl, namespace: str, start: Callable[..., OperatorProcess]
) -> None:
    election = {"leader_election": True, "lease_namespace": namespace}
    timing = {"lease_duration_seconds": 3, "lease_renew_deadline_seconds": 2, "lease_retry_seconds": 0.5}
    first = start(**election, **timing)
    eventually(lambda: first.metric("dataservice_operator_leading") == 1)
    second = start(**election, **timing)
    scene = Scene(kubectl, namespace, second)
    scene.apply()
    eventually(scene.settled)
    assert second.metric("dataservice_operator_writes_total") == 0
    first.kill()
    scene("scale", "dataservice", "orders", "--replicas=2")
    eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 2)
    assert second.metric("dataservice_operator_leading") == 1


def test_a_leader_that_is_stopped_hands_over_at_once(
    kubectl: Kubectl, namespace: str, start: Callable[..., OperatorProcess]
) -> None:
    first = start(leader_election=True, lease_namespace=namespace, lease_duration_seconds=120)
    eventually(lambda: first.metric("dataservice_operator_leading") == 1)
    assert first.stop() == 0
    second = start(leader_election=True, lease_namespace=namespace, lease_duration_seconds=120)
    eventually(lambda: second.metric("dataservice_operator_leading") == 1)
    Scene(kubectl, namespace, second).apply()


def test_the_operator_goes_on_when_the_api_server_was_restarted(api_server: Cluster, scene: Scene) -> None:
    scene.apply()
    eventually(scene.settled)
    api_server.stop("kube-apiserver")
    api_server.restart("kube-apiserver")
    scene("scale", "dataservice", "orders", "--replicas=2")
    eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 2, seconds=60)
