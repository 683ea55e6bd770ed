"""The oracles notice what they are there for."""

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final

import pytest

from dataservice_operator.cluster.ownership import FIELD_MANAGER
from dataservice_operator.crd.resource import parse
from dataservice_operator.render.children import children
from dataservice_operator.render.inputs import Inputs
from tests.faults.specs import oracles
from tests.faults.specs.oracles import Broken, Raw, Seen, Settings, judged
from tests.operator.samples import IMAGE, raw

SETTINGS: Final = Settings(IMAGE, {("orders", "schema.json"): {"type": "object"}})
SPEC: Final[Raw] = {
    "replicas": 0,
    "ingress": {"host": "orders.example.com"},
    "database": {
        "mongodb": {
            "uriSecret": {"name": "orders", "key": "uri"},
            "database": "shop",
            "collection": "orders",
        }
    },
}


def condition(kind: str, status: str, reason: str = "Because") -> Raw:
    return {"type": kind, "status": status, "reason": reason, "message": "."}


def live(manifest: Raw) -> Raw:
    """As the API server has it, all of it ours."""
    stored = copy.deepcopy(manifest)
    metadata: Raw = {f"f:{name}": {} for name in manifest["metadata"] if name not in ("name", "namespace")}
    parts: Raw = {f"f:{name}": {} for name in manifest if name not in ("apiVersion", "kind", "metadata")}
    ours = {
        "manager": FIELD_MANAGER,
        "operation": "Apply",
        "fieldsV1": {**parts, "f:metadata": metadata},
    }
    stored["metadata"] |= {"uid": "u-1", "resourceVersion": "1", "generation": 1, "managedFields": [ours]}
    return stored


def seen(*, ready: str = "True", reason: str = "ScaledToZero", **spec: Any) -> Seen:
    """A DataService whose children are as it asks."""
    suspended = "True" if spec.get("suspend") else "False"
    conditions = [condition("Ready", ready, reason), condition("Suspended", suspended)]
    parent = raw(**{**SPEC, **spec})
    wanted = children(parse(parent), Inputs(IMAGE, "default:", secret_hash="abc", cursor_key="key"))  # noqa: S106 - a hash
    # As the operator of the tests: the status is told of what was found.
    parent["status"] = {"conditions": conditions}
    named = {(each["kind"], each["metadata"]["name"]): live(each) for each in wanted.manifests()}
    return Seen(parent, named, "key")


@pytest.fixture(autouse=True)
def readable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The conditions here lack what a real status has, and no oracle of these looks at."""

    def read(parent: Raw) -> Any:
        return parse({**parent, "status": {}})

    monkeypatch.setattr(oracles, "parse", read)


def changed(found: Seen, kind: str, change: Callable[[Raw], None]) -> Seen:
    named = copy.deepcopy(dict(found.children))
    for (known, _), child in named.items():
        if known == kind:
            change(child)
    return replace(found, children=named)


def without(found: Seen, kind: str) -> Seen:
    return replace(found, children={name: child for name, child in found.children.items() if name[0] != kind})


def test_children_that_are_as_rendered_are_equal() -> None:
    verdict = judged(seen(), None, SETTINGS)

    assert (verdict.differing, verdict.surplus, verdict.kept) == ((), (), "")
    assert verdict.equal == len(verdict.wanted) == 5
    oracles.ready_is_deserved(seen(), verdict)


def test_a_field_that_differs_is_found_and_told() -> None:
    found = changed(seen(), "Service", lambda child: child["spec"]["ports"][0].update(port=81))

    (differing,) = judged(found, None, SETTINGS).differing
    assert differing["kind"] == "Service"
    told = oracles.describe(differing, found.children["Service", "orders"])
    assert '"port": 80' in told
    assert '"port": 81' in told


def test_a_child_that_is_missing_differs() -> None:
    (differing,) = judged(without(seen(), "Ingress"), None, SETTINGS).differing
    assert differing["kind"] == "Ingress"


def test_a_child_that_is_not_asked_for_is_surplus() -> None:
    found = replace(seen(ingress=None), children=seen().children)
    del found.parent["spec"]["ingress"]

    assert judged(found, None, SETTINGS).surplus == (("Ingress", "orders"),)


@pytest.mark.parametrize(
    ("spec", "reason"),
    [
        ({"data": {"schema": {"type": "nothing"}}}, "InvalidSchema"),
        ({"data": {"schemaFrom": {"configMap": {"name": "none", "key": "k"}}}}, "ConfigMapNotFound"),
        ({"data": {"schemaFrom": {"configMap": {"name": "orders", "key": "k"}}}}, "ConfigMapKeyNotFound"),
        ({"suspend": True, "service": {"port": 81}}, "Suspended"),
    ],
)
def test_children_of_a_spec_that_is_not_followed_stay(spec: Raw, reason: str) -> None:
    before = seen()
    kept = replace(seen(ready="False", reason=reason, **spec), children=before.children)

    assert judged(kept, before, SETTINGS).kept == reason
    with pytest.raises(Broken, match="the children changed"):
        judged(without(kept, "Service"), before, SETTINGS)
    with pytest.raises(Broken, match="but Ready is True"):
        judged(replace(kept, parent=seen(**spec).parent), before, SETTINGS)
    with pytest.raises(Broken, match="made all the same"):
        judged(kept, None, SETTINGS)


@pytest.mark.parametrize(
    ("spec", "lacking"),
    [
        ({"replicas": 1}, "pods"),
        (
            {"api": {"auth": {"mode": "APIKey", "keysSecret": {"name": "none"}}}},
            "the Secret of the keys",
        ),
    ],
)
def test_ready_without_what_it_needs_is_a_lie(spec: Raw, lacking: str) -> None:
    found = seen(**spec)
    with pytest.raises(Broken, match=lacking):
        oracles.ready_is_deserved(found, judged(found, None, SETTINGS))
    poorer = seen(ready="False", **spec)
    oracles.ready_is_deserved(poorer, judged(poorer, None, SETTINGS))


def test_not_ready_with_all_that_it_needs_is_a_lie_too() -> None:
    found = seen(ready="False")
    with pytest.raises(Broken, match="lacking nothing"):
        oracles.ready_is_deserved(found, judged(found, None, SETTINGS))


def test_the_same_again_may_differ_by_identity_only() -> None:
    again = changed(seen(), "Ingress", lambda child: child["metadata"].update(uid="u-2", generation=7))
    oracles.same_again(seen(), again)

    left = changed(seen(), "Service", lambda child: child["spec"].update(externalTrafficPolicy="Local"))
    with pytest.raises(Broken, match="externalTrafficPolicy"):
        oracles.same_again(seen(), left)


def test_a_refused_spec_changes_nothing() -> None:
    oracles.unchanged(seen(), seen())
    with pytest.raises(Broken, match="changed the DataService"):
        oracles.unchanged(seen(), seen(replicas=1))
    with pytest.raises(Broken, match="the children changed"):
        oracles.unchanged(seen(), without(seen(), "Service"))


def test_a_value_that_is_read_as_another_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(oracles, "parse", lambda _: parse({**seen(replicas=1).parent, "status": {}}))
    with pytest.raises(Broken, match=r"spec\.replicas: 0 as 1"):
        judged(seen(), None, SETTINGS)
