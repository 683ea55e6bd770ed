"""The operator on a real API server with the real controllers, without nodes: no pod ever runs."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.apiserver.scene import SELECTOR, Scene
from tests.cluster.state import Cluster
from tests.support.data_service import merged, smallest
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl
from tests.support.operator_process import OperatorProcess

pytestmark = pytest.mark.apiserver

OPTIONAL = ("horizontalpodautoscaler", "ingress", "poddisruptionbudget", "networkpolicy", "servicemonitor")
KINDS = ("configmap", "deployment", "service", "serviceaccount", *OPTIONAL)
EVERY_CHILD = len(KINDS) + 1
"""One of each kind, and the Secret with the cursor key."""

AUTOSCALED = {
    "spec": {"autoscaling": {"minReplicas": 2, "maxReplicas": 5, "targetCPUUtilizationPercentage": 60}}
}
EVERYTHING: dict[str, Any] = {
    "spec": {
        **AUTOSCALED["spec"],
        "ingress": {"host": "orders.example.com", "tlsSecret": "orders-tls"},
        "podDisruptionBudget": {"maxUnavailable": 1},
        "networkPolicy": {"enabled": True},
        "monitoring": {"serviceMonitor": True},
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
        "networkPolicy": {
            "enabled": True,
            "from": [
                {"podSelector": {}},
                {
                    "podSelector": {
                        "matchLabels": {"app": ""},
                        "matchExpressions": [
                            {"key": "stage", "operator": "NotIn", "values": ["test", "b"]},
                            {"key": "team", "operator": "Exists"},
                        ],
                    },
                    "namespaceSelector": {},
                },
                {"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.1.3.0/24", "10.1.2.0/24"]}},
            ],
            "egress": [
                {"ports": [{"port": 27017, "endPort": 27019}, {"port": 443, "protocol": "UDP"}]},
                {"to": [{"namespaceSelector": {"matchLabels": {}}}]},
            ],
        },
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


EMBEDDED: dict[str, Any] = {"spec": {"database": {"mongodb": None, "embedded": {"size": "1.5Gi"}}}}
CLAIM = ("pvc", "orders-data")


def test_a_data_service_gets_every_child_owned_by_it(scene: Scene) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(EVERY_CHILD))
    uid = scene.get("dataservice", "orders")["metadata"]["uid"]
    for child in scene.list(",".join(KINDS), SELECTOR):
        (owner,) = child["metadata"]["ownerReferences"]
        assert owner["uid"] == uid
        assert owner["controller"]
    (owner,) = scene.get("secret", "orders-cursor")["metadata"]["ownerReferences"]
    assert owner["uid"] == scene.get("serviceaccount", "orders")["metadata"]["uid"]


def test_orphans_stay_and_are_taken_up_again_by_a_data_service_of_the_same_name(scene: Scene) -> None:
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(EVERY_CHILD))
    scene.apply(spec={**EVERYTHING["spec"], "deletionPolicy": "Orphan"})
    eventually(lambda: scene.settled(EVERY_CHILD))
    before = scene.uids()
    scene("delete", "dataservice", "orders", "--cascade=foreground")
    assert not scene.get("dataservice", "orders")
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(EVERY_CHILD))
    uid = scene.get("dataservice", "orders")["metadata"]["uid"]
    assert scene.uids() == before
    for child in scene.list(",".join(KINDS), SELECTOR):
        assert [owner["uid"] for owner in child["metadata"]["ownerReferences"]] == [uid]


def test_a_suspended_one_is_left_alone_and_goes_on_when_it_is_not_any_more(scene: Scene) -> None:
    scene.apply()
    eventually(scene.at_rest)
    before = scene.children()
    scene.apply(spec={"suspend": True, "replicas": 3, "ingress": {"host": "orders.example.com"}})
    eventually(lambda: scene.condition().get("reason") == "Suspended")
    assert (scene.condition("Suspended")["status"], scene.condition()["status"]) == ("True", "False")
    assert scene.children() == before
    scene.apply(spec={"replicas": 3})
    eventually(lambda: scene.get("deployment", "orders")["spec"]["replicas"] == 3)
    eventually(lambda: scene.condition("Suspended")["status"] == "False")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({}, "SecretNotFound", id="smallest"),
        pytest.param(AUTOSCALED, "SecretNotFound", id="autoscaled"),
        pytest.param(FULL, "SecretNotFound", id="full"),
        pytest.param(EMBEDDED, "RollingOut", id="embedded"),
    ],
)
def test_nothing_is_written_at_rest_also_by_an_operator_started_anew(
    scene: Scene, start: Callable[..., OperatorProcess], changes: dict[str, Any], reason: str
) -> None:
    scene.apply(**changes)
    eventually(scene.settled)
    eventually(lambda: scene.condition()["reason"] == reason)
    eventually(scene.at_rest)
    eventually(lambda: scene.operator.metric("dataservice_operator_queue_depth") == 0)
    scene.operator.kill()
    before = scene.children(), scene.get("dataservice", "orders")
    again = start(resync_seconds=1)
    eventually(lambda: again.metric("dataservice_operator_reconcile_seconds_count") >= 4)
    assert again.metric("dataservice_operator_writes_total") == 0
    assert (scene.children(), scene.get("dataservice", "orders")) == before


@pytest.mark.parametrize("kind", OPTIONAL)
def test_a_child_comes_and_goes_with_its_part_of_the_spec_and_a_strangers_stays(
    scene: Scene, kind: str
) -> None:
    scene.apply()
    eventually(lambda: scene.settled(5))
    scene.apply(**EVERYTHING)
    first = eventually(lambda: scene.get(kind, "orders"))
    stranger = {**first, "metadata": {"name": "orders-of-others", "labels": first["metadata"]["labels"]}}
    scene("create", "--filename=-", manifest=stranger)
    scene.apply()
    eventually(lambda: not scene.get(kind, "orders"))
    assert scene.get(kind, "orders-of-others")
    scene.apply(**EVERYTHING)
    again = eventually(lambda: scene.get(kind, "orders"))
    assert again["spec"] == first["spec"]


@pytest.mark.parametrize("kind", [kind for kind in OPTIONAL if kind != "servicemonitor"])
def test_a_child_changes_with_its_part_of_the_spec(scene: Scene, kind: str) -> None:
    scene.apply(**EVERYTHING)
    first = eventually(lambda: scene.get(kind, "orders"))
    scene.apply(**FULL)
    eventually(lambda: scene.get(kind, "orders")["spec"] != first["spec"])


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
            child["metadata"]["ownerReferences"][0]["uid"] for child in scene.list(",".join(KINDS), SELECTOR)
        ]
        (key,) = scene.get("secret", "orders-cursor").get("metadata", {}).get("ownerReferences", [{}])
        account = scene.get("serviceaccount", "orders").get("metadata", {}).get("uid")
        return owners == [uid] * len(KINDS) and key.get("uid") == account

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


def embedded(**changes: Any) -> dict[str, Any]:
    return merged(EMBEDDED, {"spec": {"database": {"embedded": changes}}})


def test_a_volume_claim_outlives_its_data_service_and_is_taken_up_again(scene: Scene) -> None:
    scene.apply(**embedded(storageClassName="fast"))
    eventually(lambda: scene.settled(6))
    claim = scene.get(*CLAIM)
    assert "ownerReferences" not in claim["metadata"]
    scene("delete", "dataservice", "orders")
    eventually(lambda: list(scene.children()) == ["PersistentVolumeClaim/orders-data"], seconds=60)
    scene.apply(**embedded(size="1Gi"))
    eventually(lambda: scene.settled(6), seconds=60)
    eventually(lambda: scene.condition()["reason"] == "RollingOut")
    assert scene.get(*CLAIM)["metadata"]["uid"] == claim["metadata"]["uid"]
    assert scene.get(*CLAIM)["spec"] == claim["spec"], "neither smaller nor of another class"


def test_a_volume_claim_made_by_hand_is_taken_up_by_its_annotation(scene: Scene) -> None:
    """As one that was restored from a snapshot."""
    mine = {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": {"name": "orders-data", "annotations": {"dataservice.dev/owner": "orders"}},
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1.5Gi"}},
            "volumeName": "restored",
        },
    }
    scene("create", "--filename=-", manifest=mine)
    claim = scene.get(*CLAIM)
    scene.apply(**EMBEDDED)
    eventually(lambda: scene.settled(6))
    assert scene.get(*CLAIM)["metadata"]["uid"] == claim["metadata"]["uid"]
    assert scene.get(*CLAIM)["spec"] == claim["spec"]


def test_under_retention_delete_the_volume_claim_goes_with_its_data_service(scene: Scene) -> None:
    scene.apply(**embedded(retention="Delete"))
    eventually(lambda: scene.settled(6))
    scene("delete", "dataservice", "orders")
    eventually(lambda: not scene.children(), seconds=60)


def test_a_changed_retention_takes_effect_on_the_claim_that_is_there(scene: Scene) -> None:
    scene.apply(**EMBEDDED)
    eventually(lambda: scene.settled(6))
    claim = scene.get(*CLAIM)
    scene.apply(**embedded(retention="Delete"))
    (owner,) = eventually(lambda: scene.get(*CLAIM)["metadata"].get("ownerReferences"))
    assert owner["uid"] == scene.get("dataservice", "orders")["metadata"]["uid"]
    scene.apply(**EMBEDDED)
    eventually(lambda: "ownerReferences" not in scene.get(*CLAIM)["metadata"])
    assert scene.get(*CLAIM)["metadata"]["uid"] == claim["metadata"]["uid"]


def test_a_volume_claim_that_is_not_asked_for_any_more_is_not_removed(scene: Scene) -> None:
    scene.apply(**EMBEDDED)
    eventually(lambda: scene.settled(6))
    scene("delete", "dataservice", "orders")
    scene.apply(**EVERYTHING)
    eventually(lambda: scene.settled(EVERY_CHILD + 1), seconds=60)
    scene.apply()
    eventually(lambda: not scene.get("ingress", "orders"))
    assert scene.get(*CLAIM)


def test_a_deleted_volume_claim_is_made_again(scene: Scene) -> None:
    scene.apply(**EMBEDDED)
    eventually(lambda: scene.settled(6))
    claim = scene.get(*CLAIM)
    scene("delete", *CLAIM)
    assert eventually(lambda: scene.get(*CLAIM))["metadata"]["uid"] != claim["metadata"]["uid"]


@pytest.fixture
def volume(scene: Scene) -> Iterator[str]:
    """A volume with a StorageClass of its own, of the same name, that does not expand volumes."""
    name = scene.namespace
    storage = {
        "apiVersion": "storage.k8s.io/v1",
        "kind": "StorageClass",
        "metadata": {"name": name},
        "provisioner": "example.com/nobody",
    }
    persistent = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {
            "storageClassName": name,
            "capacity": {"storage": "2Gi"},
            "accessModes": ["ReadWriteOnce"],
            "hostPath": {"path": "/absent"},
        },
    }
    for manifest in (storage, persistent):
        scene.kubectl("create", "--filename=-", manifest=manifest)
    yield name
    scene.kubectl("delete", f"storageclass/{name}", f"pv/{name}", "--wait=false")


def test_a_volume_grows_with_its_size_and_keeps_what_others_gave_it(scene: Scene, volume: str) -> None:
    scene.kubectl("patch", "storageclass", volume, "--patch", '{"allowVolumeExpansion":true}')
    scene.apply(**embedded(storageClassName=volume))
    eventually(lambda: scene.get(*CLAIM).get("status", {}).get("phase") == "Bound")
    scene.apply(**embedded(storageClassName=volume, size="2.5Gi"))
    eventually(lambda: claimed(scene) == "2560Mi")
    scene("patch", *CLAIM, "--patch", '{"spec":{"resources":{"requests":{"storage":"4Gi"}}}}')
    scene.apply(**embedded(storageClassName=volume, size="3Gi", retention="Delete"))
    eventually(lambda: "ownerReferences" in scene.get(*CLAIM)["metadata"])
    eventually(lambda: scene.condition()["reason"] == "RollingOut")
    assert claimed(scene) == "4Gi"


def test_a_volume_that_is_to_be_larger_before_it_is_there_grows_when_it_is(scene: Scene, volume: str) -> None:
    scene.kubectl("patch", "storageclass", volume, "--patch", '{"allowVolumeExpansion":true}')
    scene.apply(**EMBEDDED)
    eventually(lambda: scene.settled(6))
    scene.apply(**embedded(size="3Gi"))
    eventually(lambda: scene.settled(6))
    eventually(lambda: scene.condition()["reason"] == "RollingOut")
    assert claimed(scene) == "1536Mi"
    scene.apply(**embedded(size="3Gi", storageClassName=volume))
    eventually(lambda: claimed(scene) == "3Gi")


def test_a_volume_that_cannot_grow_is_told_and_grows_when_it_can(scene: Scene, volume: str) -> None:
    scene.apply(**embedded(storageClassName=volume))
    eventually(lambda: scene.get(*CLAIM).get("status", {}).get("phase") == "Bound")
    scene.apply(**embedded(storageClassName=volume, size="3Gi"))
    eventually(lambda: scene.condition()["reason"] == "VolumeNotExpandable")
    assert "set allowVolumeExpansion on its StorageClass" in scene.condition()["message"]
    assert scene.condition("Stalled")["status"] == "False"
    scene.kubectl("patch", "storageclass", volume, "--patch", '{"allowVolumeExpansion":true}')
    eventually(lambda: claimed(scene) == "3Gi")


def claimed(scene: Scene) -> str:
    size: str = scene.get(*CLAIM)["spec"]["resources"]["requests"]["storage"]
    return size


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
