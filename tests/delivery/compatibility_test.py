"""A CRD keeps what earlier ones promised; what a release records covers every field of it."""

from collections.abc import Callable, Iterator
from copy import deepcopy
from typing import Any

import pytest

from dataservice_operator.crd.definition import definition
from delivery.compatibility import breaks
from tests.upgrade.record import Record, current, records, users

Schema = dict[str, Any]
CRD = definition()
ALLOWED: dict[str, set[str]] = {}
"""Breaks since a release, by its version: each with a line `Breaking` in the changelog that says how to move."""

OLD: Schema = {
    "type": "object",
    "required": ["mode"],
    "properties": {
        "mode": {"type": "string", "enum": ["a", "b"], "maxLength": 9},
        "size": {"type": "integer", "minimum": 1, "maximum": 10, "default": 3},
        "names": {"type": "array", "maxItems": 5, "items": {"type": "string", "pattern": "^a"}},
        "labels": {"type": "object", "additionalProperties": {"type": "string", "maxLength": 63}},
        "any": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
    },
    "x-kubernetes-validations": [{"rule": "self.size < 9", "message": "less"}],
}


def of(schema: Schema) -> Schema:
    """The CRD, with another schema."""
    [version] = CRD["spec"]["versions"]
    here = {**version, "schema": {"openAPIV3Schema": {"type": "object", "properties": {"spec": schema}}}}
    return {**CRD, "spec": {**CRD["spec"], "versions": [here]}}


def changed(path: str, **changes: Any) -> Schema:
    """OLD with keywords of one place set; None takes one away."""
    schema = deepcopy(OLD)
    place = schema
    for step in path.split("/") if path else ():
        place = place[step]
    for keyword, value in changes.items():
        name = f"x-kubernetes-{keyword}" if keyword == "validations" else keyword
        place[name] = value
        if value is None:
            del place[name]
    return schema


BREAKING = {
    "properties": (changed("properties", size=None), ".size is gone"),
    "type": (changed("properties/size", type="string"), ".size: type was integer and is string"),
    "required": (changed("", required=["mode", "size"]), ".size must be there now"),
    "enum": (changed("properties/mode", enum=["a"]), ".mode: the value b is not taken any more"),
    "new enum": (changed("properties/names/items", enum=["a"]), ".names[]: only a are taken now"),
    "maximum": (changed("properties/size", maximum=9), ".size: maximum was 10 and is 9"),
    "minimum": (changed("properties/size", minimum=2), ".size: minimum was 1 and is 2"),
    "maxItems": (changed("properties/names", maxItems=4), ".names: maxItems was 5 and is 4"),
    "new bound": (changed("properties/names", minItems=1), ".names: minItems was None and is 1"),
    "pattern": (changed("properties/names/items", pattern="^b"), ".names[]: pattern was ^a and is ^b"),
    "default": (changed("properties/size", default=4), ".size: default was 3 and is 4"),
    "values": (
        changed("properties/labels/additionalProperties", maxLength=62),
        ".labels[]: maxLength was 63 and is 62",
    ),
    "map": (changed("properties/labels", additionalProperties=None), ".labels: additionalProperties was"),
    "unknown": (
        changed("properties", any={"type": "object"}),
        ".any: x-kubernetes-preserve-unknown-fields was True",
    ),
    "rule": (changed("", validations=[{"rule": "self.size < 5"}]), ": a new rule: self.size < 5"),
}
KEPT = {
    "a new field": changed("properties", new={"type": "string"}),
    "a new value": changed("properties/mode", enum=["a", "b", "c"]),
    "any value": changed("properties/mode", enum=None),
    "wider bounds": changed("properties/size", minimum=0, maximum=11),
    "no bound": changed("properties/names", maxItems=None),
    "no need": changed("", required=[]),
    "no rule": changed("", validations=[]),
    "another description": changed("properties/size", description="Number of them."),
}


@pytest.mark.parametrize("what", BREAKING)
def test_what_refuses_or_drops_what_was_taken_is_a_break(what: str) -> None:
    schema, sentence = BREAKING[what]
    [told] = breaks(of(OLD), of(schema))
    assert sentence in told


@pytest.mark.parametrize("what", KEPT)
def test_what_takes_more_is_none(what: str) -> None:
    assert breaks(of(OLD), of(KEPT[what])) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda spec: spec.update(versions=[{**spec["versions"][0], "name": "v1"}]), "v1alpha1 is gone"),
        (lambda spec: spec["versions"][0].update(served=False), "v1alpha1 is not served any more"),
        (lambda spec: spec["versions"][0]["subresources"].pop("scale"), "v1alpha1: scale was"),
        (lambda spec: spec["names"].update(plural="services"), "names.plural was dataservices"),
        (lambda spec: spec["names"].update(shortNames=[]), "the short name dsvc is gone"),
        (lambda spec: spec.update(scope="Cluster"), "scope was Namespaced and is Cluster"),
    ],
)
def test_names_versions_and_subresources_stay(change: Callable[[Schema], object], sentence: str) -> None:
    crd = deepcopy(CRD)
    change(crd["spec"])
    [told] = breaks(CRD, crd)
    assert sentence in told


def test_the_version_of_this_checkout_is_recorded() -> None:
    assert current() in records(), "run `python -m tests.upgrade`, with the API server of `make cluster`"


@pytest.mark.parametrize("record", records(), ids=lambda record: record.version)
def test_the_crd_breaks_nothing_that_a_release_promised(record: Record) -> None:
    assert {*breaks(record.crd, CRD)} == ALLOWED.get(record.version, set())


def test_what_is_recorded_with_a_release_has_every_field_of_a_data_service() -> None:
    [version] = CRD["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    there: set[str] = set().union(
        *(_paths(each["spec"]) for each in users() if each["kind"] == "DataService")
    )
    assert {*_fields(spec)} - there == set()


def _fields(schema: Schema, path: str = "") -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        yield f"{path}.{name}"
        yield from _fields(field.get("items", field), f"{path}.{name}")


def _paths(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield f"{path}.{name}"
            yield from _paths(below, f"{path}.{name}")
    for item in value if isinstance(value, list) else ():
        yield from _paths(item, path)
