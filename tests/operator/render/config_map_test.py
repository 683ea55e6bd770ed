"""The ConfigMap, named by what it holds."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice_operator.render.config_map import config_map
from tests.operator.samples import FULL, SCHEMA, data_service

_SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
_VALUES = st.recursive(
    _SCALARS, lambda below: st.lists(below) | st.dictionaries(st.text(), below), max_leaves=20
)
DATA: dict[str, Any] = {"schema": SCHEMA, "indexes": [{"fields": ["sku"], "unique": True}]}


def name_for(**spec: Any) -> str:
    name: str = config_map(data_service(**spec))["metadata"]["name"]
    return name


@pytest.mark.parametrize(
    "data",
    [
        pytest.param({"schema": {**SCHEMA, "required": ["sku"]}, "indexes": DATA["indexes"]}, id="schema"),
        pytest.param({"schema": SCHEMA, "indexes": [{"fields": ["sku"]}]}, id="unique"),
        pytest.param({"schema": SCHEMA, "indexes": [{"fields": ["-sku"], "unique": True}]}, id="direction"),
        pytest.param({"schema": SCHEMA}, id="no index"),
        pytest.param({}, id="nothing"),
    ],
)
def test_another_schema_or_index_is_another_config_map(data: dict[str, Any]) -> None:
    assert name_for(data=data) != name_for(data=DATA)


def test_whatever_else_changes_the_config_map_stays() -> None:
    assert name_for(**{**FULL, "data": DATA}) == name_for(data=DATA)


def test_the_order_in_which_a_schema_was_written_does_not_matter() -> None:
    turned = dict(reversed(SCHEMA.items()))
    assert name_for(data={"schema": turned}) == name_for(data={"schema": SCHEMA})


def test_the_order_of_indexes_and_of_their_fields_matters() -> None:
    assert name_for(data={"indexes": [{"fields": ["a", "b"]}]}) != name_for(
        data={"indexes": [{"fields": ["b", "a"]}]}
    )


def test_it_holds_the_schema_and_the_indexes_and_cannot_be_edited() -> None:
    manifest = config_map(data_service(data=DATA))
    assert manifest["immutable"] is True
    assert {name: json.loads(text) for name, text in manifest["data"].items()} == {
        "schema.json": SCHEMA,
        "indexes.json": DATA["indexes"],
    }


@given(schema=st.dictionaries(st.text(), _VALUES))
def test_the_text_of_a_schema_is_what_it_always_was(schema: dict[str, Any]) -> None:
    """Another one would be another name, and roll every pod at an upgrade."""
    text = config_map(data_service(data={"schema": schema}))["data"]["schema.json"]
    assert text == json.dumps(schema, sort_keys=True, indent=2, ensure_ascii=False) + "\n"


def test_without_a_schema_anything_goes() -> None:
    data = config_map(data_service())["data"]
    assert {name: json.loads(text) for name, text in data.items()} == {"schema.json": {}, "indexes.json": []}


def test_the_longest_name_stays_within_that_of_a_kubernetes_object() -> None:
    assert len(name_for(name="a" * 52)) <= 63
