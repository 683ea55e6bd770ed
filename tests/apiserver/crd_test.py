"""The CRD on a real API server: what it admits, stores, explains and shows."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl, KubectlError, fresh_namespace

pytestmark = pytest.mark.apiserver

CASES = Path(__file__).parent / "crd"


def cases() -> list[Any]:
    """The table of rules: a change of the smallest DataService, and the sentence that refuses it, if one does.

    `before` is a change that was stored earlier: the case is then an update.
    """
    return [
        pytest.param(
            case["change"], case.get("refused"), case.get("before"), id=f"{file.stem}: {case['case']}"
        )
        for file in sorted(CASES.glob("*.yaml"))
        for case in yaml.safe_load(file.read_text(encoding="utf-8"))
    ]


def too_many() -> list[Any]:
    """One more than each bound that is too long to write out."""

    def numbered(count: int, value: Any) -> dict[str, Any]:
        return {f"key{number}": value for number in range(count)}

    indexes = [{"fields": [f"field{number}"]} for number in range(33)]
    tolerations = [{"key": f"key{number}"} for number in range(33)]
    spread = {"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}
    return [
        ({"config": numbered(129, "")}, "spec.config: Too many: 129: must have at most 128 items"),
        ({"config": {"LONG": "x" * 32769}}, "spec.config.LONG: Too long: may not be more than 32768 bytes"),
        ({"data": {"indexes": indexes}}, "spec.data.indexes: Too many: 33: must have at most 32 items"),
        ({"image": "x" * 513}, "spec.image: Too long: may not be more than 512 bytes"),
        ({"scheduling": {"nodeSelector": numbered(33, "")}}, "must have at most 32 items"),
        ({"scheduling": {"tolerations": tolerations}}, "must have at most 32 items"),
        (
            {
                "scheduling": {
                    "topologySpreadConstraints": [spread | {"topologyKey": f"zone{n}"} for n in range(9)]
                }
            },
            "must have at most 8 items",
        ),
        ({"service": {"annotations": numbered(65, "")}}, "must have at most 64 items"),
        ({"database": {"mongodb": {"collection": "x" * 191}}}, "may not be more than 190 bytes"),
    ]


@pytest.fixture(scope="module")
def empty(kubectl: Kubectl, crd: str) -> Iterator[str]:  # noqa: ARG001 - a namespace to put DataServices in
    """A namespace in which nothing stays."""
    with fresh_namespace(kubectl) as name:
        yield name


@contextmanager
def stored(kubectl: Kubectl, namespace: str, change: dict[str, Any] | None) -> Iterator[None]:
    """The smallest DataService with that change is there meanwhile; nothing is, without a change."""
    if change is None:
        yield
        return
    created(kubectl, namespace, smallest(**change))
    yield
    kubectl("delete", f"--namespace={namespace}", "dsvc/orders")


def refusal(kubectl: Kubectl, namespace: str, manifest: dict[str, Any], verb: str = "create") -> str:
    """What the API server would answer; empty when it would accept."""
    options = ("--dry-run=server", "--validate=strict", f"--namespace={namespace}", "--filename=-")
    try:
        kubectl(verb, *options, manifest=manifest)
    except KubectlError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("change", "refused", "before"), cases())
def test_admission(
    kubectl: Kubectl, empty: str, change: dict[str, Any], refused: str | None, before: dict[str, Any] | None
) -> None:
    with stored(kubectl, empty, before):
        answer = refusal(kubectl, empty, smallest(**change), "create" if before is None else "replace")
    if refused is None:
        assert answer == ""
    else:
        assert refused in answer


@pytest.mark.parametrize(("spec", "refused"), too_many())
def test_bounds(kubectl: Kubectl, empty: str, spec: dict[str, Any], refused: str) -> None:
    assert refused in refusal(kubectl, empty, smallest(spec=spec))


def test_every_rule_of_the_crd_is_seen_to_refuse(kubectl: Kubectl, crd: str) -> None:
    seen = [case.values[1] for case in cases() if case.values[1] is not None]
    rules = messages(kubectl.json("get", crd))
    assert [rule for rule in rules if not any(sentence in rule for sentence in seen)] == []


def messages(schema: Any) -> list[str]:
    """The messages of all CEL rules below."""
    if isinstance(schema, list):
        return [message for item in schema for message in messages(item)]
    if not isinstance(schema, dict):
        return []
    own = [rule["message"] for rule in schema.get("x-kubernetes-validations", [])]
    return own + [message for part in schema.values() for message in messages(part)]


def test_the_crd_is_established_and_structural(kubectl: Kubectl, crd: str) -> None:
    conditions = {c["type"]: c["status"] for c in kubectl.json("get", crd)["status"]["conditions"]}
    assert conditions["Established"] == "True"
    assert conditions["NamesAccepted"] == "True"
    assert conditions.get("NonStructuralSchema", "False") == "False"


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("dataservice", "A REST API for the documents of one database collection"),
        ("dsvc.spec", "Number of pods."),
        ("dataservice.spec.database", "Keeps the documents in a collection of a MongoDB"),
        ("dataservice.spec.database.mongodb.uriSecret", "The Secret that holds the connection string"),
        ("dataservice.spec.data.indexes.fields", "a leading `-` means descending"),
        ("dataservice.spec.api.auth.mode", "whoever reaches the Service reads and writes all documents"),
        ("dataservice.status.conditions", "`Ready` sums it up"),
    ],
)
@pytest.mark.usefixtures("crd")
def test_explain_tells_what_a_field_is_for(kubectl: Kubectl, path: str, sentence: str) -> None:
    assert sentence in " ".join(kubectl("explain", path).split())


def test_only_plain_values_are_filled_in(kubectl: Kubectl, namespace: str) -> None:
    given = smallest()
    stored = created(kubectl, namespace, given)
    assert stored["spec"] == given["spec"] | {"replicas": 1, "suspend": False, "deletionPolicy": "Delete"}


def test_the_defaults_of_a_part_are_filled_in_once_the_part_is_there(
    kubectl: Kubectl, namespace: str
) -> None:
    spec = {
        "autoscaling": {"maxReplicas": 3},
        "api": {"limits": {}},
        "service": {},
        "data": {"indexes": [{"fields": ["sku"]}]},
    }
    stored = created(kubectl, namespace, smallest(spec=spec))["spec"]
    assert stored["autoscaling"] == {"minReplicas": 1, "maxReplicas": 3}
    assert stored["api"]["limits"] == {"maxBodyBytes": 1048576, "maxPageSize": 1000}
    assert stored["service"] == {"type": "ClusterIP", "port": 80}
    assert stored["data"]["indexes"] == [{"fields": ["sku"]}], "items are stored as written"


def test_a_new_resource_does_not_look_current(kubectl: Kubectl, namespace: str) -> None:
    stored = created(kubectl, namespace, smallest(status={"observedGeneration": 1}))
    assert stored["status"] == {"observedGeneration": -1}


def test_applying_the_same_file_again_changes_nothing(kubectl: Kubectl, namespace: str) -> None:
    manifest = smallest(spec={"autoscaling": {"maxReplicas": 3}, "data": {"indexes": [{"fields": ["sku"]}]}})
    apply(kubectl, namespace, manifest)
    kubectl("diff", f"--namespace={namespace}", "--filename=-", manifest=manifest)
    assert "unchanged" in apply(kubectl, namespace, manifest)


def test_status_is_written_apart_from_the_spec(kubectl: Kubectl, namespace: str) -> None:
    created(kubectl, namespace, smallest())
    patch_status(kubectl, namespace, {"replicas": 2, "url": "http://orders.shop"})
    stored = read(kubectl, namespace)
    assert stored["status"]["url"] == "http://orders.shop"
    assert stored["metadata"]["generation"] == 1, "a status is not a new generation"


def test_kubectl_scale_sets_replicas(kubectl: Kubectl, namespace: str) -> None:
    created(kubectl, namespace, smallest())
    kubectl("scale", f"--namespace={namespace}", "dsvc/orders", "--replicas=3")
    assert read(kubectl, namespace)["spec"]["replicas"] == 3


def test_kubectl_scale_gives_an_embedded_database_no_second_pod(kubectl: Kubectl, namespace: str) -> None:
    created(kubectl, namespace, smallest(spec={"database": {"mongodb": None, "embedded": {"size": "1Gi"}}}))
    with pytest.raises(KubectlError, match="an embedded database is one pod's: write replicas: 1"):
        kubectl("scale", f"--namespace={namespace}", "dsvc/orders", "--replicas=2")
    kubectl("scale", f"--namespace={namespace}", "dsvc/orders", "--replicas=0")
    assert read(kubectl, namespace)["spec"]["replicas"] == 0


def test_scale_shows_pods_and_selector(kubectl: Kubectl, namespace: str) -> None:
    created(kubectl, namespace, smallest())
    patch_status(kubectl, namespace, {"replicas": 2, "selector": "app.kubernetes.io/instance=orders"})
    scale = kubectl.json("get", f"--namespace={namespace}", "dsvc/orders", "--subresource=scale")
    assert scale["spec"] == {"replicas": 1}
    assert scale["status"] == {"replicas": 2, "selector": "app.kubernetes.io/instance=orders"}


def test_the_schemas_of_two_appliers_are_not_merged(kubectl: Kubectl, namespace: str) -> None:
    for manager, name in (("first", "sku"), ("second", "price")):
        manifest = smallest(spec={"data": {"schema": {"properties": {name: {"type": "string"}}}}})
        apply(
            kubectl, namespace, manifest, "--server-side", "--force-conflicts", f"--field-manager={manager}"
        )
    assert read(kubectl, namespace)["spec"]["data"]["schema"] == {"properties": {"price": {"type": "string"}}}


def test_conditions_are_kept_by_type(kubectl: Kubectl, namespace: str) -> None:
    created(kubectl, namespace, smallest())
    for manager, kind in (("first", "Ready"), ("second", "Stalled")):
        manifest = smallest(
            metadata={"namespace": namespace}, spec=None, status={"conditions": [condition(kind)]}
        )
        apply(
            kubectl,
            namespace,
            manifest,
            "--server-side",
            "--subresource=status",
            f"--field-manager={manager}",
        )
    kinds = [stored["type"] for stored in read(kubectl, namespace)["status"]["conditions"]]
    assert kinds == ["Ready", "Stalled"]


def test_get_shows_the_state_at_a_glance(kubectl: Kubectl, namespace: str) -> None:
    created(kubectl, namespace, smallest())
    status = {"conditions": [condition("Ready", reason="Serving")], "replicas": 2, "readyReplicas": 1}
    patch_status(kubectl, namespace, status)
    header, row = kubectl("get", f"--namespace={namespace}", "dsvc").splitlines()
    assert header.split() == ["NAME", "READY", "REASON", "REPLICAS", "AVAILABLE", "AGE"]
    assert row.split()[:5] == ["orders", "True", "Serving", "2", "1"]


def condition(kind: str, reason: str = "Because") -> dict[str, Any]:
    return {
        "type": kind,
        "status": "True",
        "reason": reason,
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "observedGeneration": 1,
    }


def created(kubectl: Kubectl, namespace: str, manifest: dict[str, Any]) -> dict[str, Any]:
    return kubectl.json("create", f"--namespace={namespace}", "--filename=-", manifest=manifest)


def apply(kubectl: Kubectl, namespace: str, manifest: dict[str, Any], *options: str) -> str:
    return kubectl("apply", f"--namespace={namespace}", "--filename=-", *options, manifest=manifest)


def read(kubectl: Kubectl, namespace: str) -> dict[str, Any]:
    return kubectl.json("get", f"--namespace={namespace}", "dsvc/orders")


def patch_status(kubectl: Kubectl, namespace: str, status: dict[str, Any]) -> None:
    patch = f"--patch={json.dumps({'status': status})}"
    kubectl("patch", f"--namespace={namespace}", "dsvc/orders", "--subresource=status", "--type=merge", patch)
