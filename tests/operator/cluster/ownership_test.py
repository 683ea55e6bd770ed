"""What of a live object is ours: live objects written as a real API server shows them."""

import copy
import json
from typing import Any

import pytest

from dataservice_operator.cluster.ownership import digest_of_manifest, digest_of_owned, owned, owns_field

MANIFEST: dict[str, Any] = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {
        "name": "orders",
        "namespace": "shop",
        "labels": {"app.kubernetes.io/instance": "orders"},
        "annotations": {"dataservice.dev/owner": "orders"},
        "ownerReferences": [{"kind": "DataService", "name": "orders", "uid": "u-1", "controller": True}],
        "finalizers": ["example.com/a"],
    },
    "spec": {
        "selector": {"matchLabels": {"app.kubernetes.io/instance": "orders"}},
        "replicas": 2,
        "template": {
            "spec": {
                "containers": [
                    {
                        "name": "service",
                        "image": "registry.example.com/service:1",
                        "env": [{"name": "A", "value": "1"}, {"name": "EMPTY"}],
                        "ports": [
                            {"name": "http", "containerPort": 8000, "protocol": "TCP"},
                            {"name": "admin", "containerPort": 9090, "protocol": "TCP"},
                        ],
                        "securityContext": {"capabilities": {"drop": ["ALL"]}},
                    }
                ],
                "tolerations": [{"key": "dedicated", "operator": "Exists"}],
            }
        },
    },
}


def key(**keys: Any) -> str:
    return "k:" + json.dumps(keys, separators=(",", ":"))


FIELDS: dict[str, Any] = {
    "f:metadata": {
        "f:annotations": {"f:dataservice.dev/owner": {}},
        "f:labels": {"f:app.kubernetes.io/instance": {}},
        "f:ownerReferences": {key(uid="u-1"): {}},
        "f:finalizers": {'v:"example.com/a"': {}},
    },
    "f:spec": {
        "f:replicas": {},
        "f:selector": {},
        "f:template": {
            "f:spec": {
                "f:containers": {
                    key(name="service"): {
                        ".": {},
                        "f:name": {},
                        "f:image": {},
                        "f:env": {
                            key(name="A"): {".": {}, "f:name": {}, "f:value": {}},
                            key(name="EMPTY"): {".": {}, "f:name": {}},
                        },
                        "f:ports": {
                            key(containerPort=8000, protocol="TCP"): {
                                ".": {},
                                "f:containerPort": {},
                                "f:name": {},
                                "f:protocol": {},
                            },
                            key(containerPort=9090, protocol="TCP"): {
                                ".": {},
                                "f:containerPort": {},
                                "f:name": {},
                                "f:protocol": {},
                            },
                        },
                        "f:securityContext": {"f:capabilities": {"f:drop": {}}},
                    }
                },
                "f:tolerations": {},
            }
        },
    },
}


def live() -> dict[str, Any]:
    """MANIFEST after an apply: with what the server, its controllers and other people added."""
    raw = copy.deepcopy(MANIFEST)
    raw["metadata"] |= {
        "uid": "d-1",
        "resourceVersion": "42",
        "generation": 3,
        "managedFields": [
            {
                "manager": "dataservice-operator",
                "operation": "Apply",
                "subresource": "status",
                "fieldsV1": {"f:status": {}},
            },
            {
                "manager": "dataservice-operator",
                "operation": "Apply",
                "apiVersion": "apps/v1",
                "time": "2026-05-01T12:00:00Z",
                "fieldsType": "FieldsV1",
                "fieldsV1": copy.deepcopy(FIELDS),
            },
            {
                "manager": "kubectl",
                "operation": "Update",
                "fieldsV1": {"f:metadata": {"f:labels": {"f:team": {}}}},
            },
        ],
    }
    raw["metadata"]["labels"]["team"] = "warehouse"
    raw["metadata"]["annotations"]["deployment.kubernetes.io/revision"] = "3"
    raw["metadata"]["finalizers"].append("example.com/someone-elses")
    raw["metadata"]["ownerReferences"].append({"kind": "App", "name": "x", "uid": "u-2"})
    raw["spec"]["progressDeadlineSeconds"] = 600
    pod = raw["spec"]["template"]["spec"]
    pod["dnsPolicy"] = "ClusterFirst"
    pod["containers"][0]["terminationMessagePath"] = "/dev/termination-log"
    pod["containers"][0]["env"].append({"name": "INJECTED", "value": "1"})
    pod["containers"].insert(0, {"name": "sidecar", "image": "mesh:1"})
    raw["status"] = {"replicas": 2}
    return raw


def container(raw: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = raw["spec"]["template"]["spec"]["containers"][1]
    return found


def drifted(raw: dict[str, Any]) -> bool:
    return digest_of_owned(owned(raw)) != digest_of_manifest(MANIFEST)


def test_a_live_object_with_our_fields_as_applied_has_the_manifests_digest() -> None:
    """Server defaults, other people's labels, variables, containers, owners and finalizers do not count."""
    assert not drifted(live())


def test_digests_are_of_values_and_not_of_their_order_in_maps() -> None:
    turned = json.loads(json.dumps(live(), sort_keys=True))
    assert not drifted(turned)


class TestDrift:
    def test_a_changed_field(self) -> None:
        raw = live()
        container(raw)["image"] = "registry.example.com/service:2"
        assert drifted(raw)

    def test_a_changed_item_of_a_keyed_list(self) -> None:
        raw = live()
        container(raw)["env"][0]["value"] = "2"
        assert drifted(raw)

    def test_a_removed_item_of_a_keyed_list(self) -> None:
        raw = live()
        del container(raw)["ports"][1]
        assert drifted(raw)

    def test_a_changed_atomic_list(self) -> None:
        raw = live()
        raw["spec"]["template"]["spec"]["tolerations"].append({"operator": "Exists"})
        assert drifted(raw)

    def test_a_changed_atomic_map(self) -> None:
        raw = live()
        raw["spec"]["selector"]["matchLabels"]["more"] = "x"
        assert drifted(raw)

    def test_a_removed_value_of_a_set(self) -> None:
        raw = live()
        raw["metadata"]["finalizers"].remove("example.com/a")
        assert drifted(raw)

    def test_a_stripped_label(self) -> None:
        """Who deletes a field also takes it out of our managedFields."""
        raw = live()
        del raw["metadata"]["labels"]["app.kubernetes.io/instance"]
        del raw["metadata"]["managedFields"][1]["fieldsV1"]["f:metadata"]["f:labels"]
        assert drifted(raw)

    def test_a_field_taken_over_by_force(self) -> None:
        """The other manager has the field now, whatever its value."""
        raw = live()
        fields = raw["metadata"]["managedFields"][1]["fieldsV1"]
        owner = {"manager": "kubectl", "operation": "Apply", "fieldsV1": {"f:spec": {"f:replicas": {}}}}
        del fields["f:spec"]["f:replicas"]
        raw["metadata"]["managedFields"].append(owner)
        assert drifted(raw)

    def test_a_field_that_we_own_and_do_not_render_any_more(self) -> None:
        raw = live()
        raw["metadata"]["labels"]["old"] = "1"
        raw["metadata"]["managedFields"][1]["fieldsV1"]["f:metadata"]["f:labels"]["f:old"] = {}
        assert drifted(raw)


@pytest.mark.parametrize("managed", [None, []])
def test_an_object_we_never_applied_is_not_in_agreement(managed: list[Any] | None) -> None:
    raw = live()
    raw["metadata"]["managedFields"] = managed
    assert drifted(raw)


class TestOwnsField:
    def test_a_field_we_applied(self) -> None:
        assert owns_field(live(), "dataservice-operator", "spec", "replicas")

    def test_a_field_of_someone_else(self) -> None:
        assert not owns_field(live(), "dataservice-operator", "metadata", "labels", "team")

    def test_a_field_that_someone_updated_but_did_not_apply(self) -> None:
        assert not owns_field(live(), "kubectl", "metadata", "labels", "team")

    def test_a_field_of_a_subresource(self) -> None:
        assert not owns_field(live(), "dataservice-operator", "status")

    def test_nothing_of_a_stranger(self) -> None:
        assert not owns_field(live(), "nobody", "spec")
