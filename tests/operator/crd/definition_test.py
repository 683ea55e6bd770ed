"""The whole CRD, and the files generated from it."""

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from dataservice_operator.crd.definition import definition
from delivery import generate as generator

MOST_BYTES = 100_000


def crd_text() -> str:
    return next(text for path, text in generator.generated().items() if path.parts[0] == "crds")


def version() -> dict[str, Any]:
    only: dict[str, Any] = definition()["spec"]["versions"][0]
    return only


def described(path: str, schema: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every named field of the schema, with its path."""
    nested = schema.get("items", schema)
    for name, part in nested.get("properties", {}).items():
        yield f"{path}.{name}", part
        yield from described(f"{path}.{name}", part)


def spec_and_status() -> list[tuple[str, dict[str, Any]]]:
    parts = version()["schema"]["openAPIV3Schema"]["properties"]
    return [*described("spec", parts["spec"]), *described("status", parts["status"])]


def test_the_yaml_is_the_definition() -> None:
    assert yaml.safe_load(crd_text()) == definition()


def test_the_crd_stays_small() -> None:
    assert len(crd_text().encode()) < MOST_BYTES


@pytest.mark.parametrize(
    ("path", "schema"), [pytest.param(*field, id=field[0]) for field in spec_and_status()]
)
def test_every_field_says_what_it_is(path: str, schema: dict[str, Any]) -> None:
    assert len(schema.get("description", "")) >= len("Pods that exist."), path
    assert schema["description"].endswith((".", "?", "`")), path


@pytest.mark.parametrize(
    ("path", "schema"),
    [pytest.param(*field, id=field[0]) for field in spec_and_status() if field[0].startswith("spec")],
)
def test_every_list_map_and_text_of_the_spec_is_bounded(path: str, schema: dict[str, Any]) -> None:
    """The API server refuses rules whose cost it cannot bound."""
    match schema:
        case {"items": _}:
            assert "maxItems" in schema, path
        case {"additionalProperties": values}:
            assert "maxProperties" in schema, path
            assert "maxLength" in values, path
        case {"type": "string"}:
            assert "maxLength" in schema or "enum" in schema, path


@pytest.mark.parametrize(
    ("path", "schema"), [pytest.param(*field, id=field[0]) for field in spec_and_status()]
)
def test_every_default_is_a_scalar(path: str, schema: dict[str, Any]) -> None:
    assert not isinstance(schema.get("default"), dict | list), path


def test_a_resource_not_seen_yet_has_no_observed_generation() -> None:
    assert version()["schema"]["openAPIV3Schema"]["properties"]["status"]["default"] == {
        "observedGeneration": -1
    }
