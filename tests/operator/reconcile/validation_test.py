"""Rules that admission cannot see."""

import socket
from contextlib import suppress
from typing import Any

import pytest

from dataservice_operator.crd.data import Data
from dataservice_operator.errors import InvalidSpec
from dataservice_operator.reconcile.validation import validate
from tests.operator.samples import FULL, SCHEMA


def complaint(**data: Any) -> InvalidSpec:
    with pytest.raises(InvalidSpec) as caught:
        validate(Data.model_validate(data))
    assert str(caught.value).startswith(f"{caught.value.pointer}: ")
    return caught.value


@pytest.mark.parametrize(
    "schema",
    [
        pytest.param({}, id="anything"),
        pytest.param(SCHEMA, id="a plain one"),
        pytest.param({"$defs": {"a": {}}, "properties": {"a": {"$ref": "#/$defs/a"}}}, id="a reference"),
        pytest.param({"properties": {"child": {"$ref": "#"}}}, id="one inside itself"),
        pytest.param({"$defs": {"a": {"$anchor": "here"}}, "$ref": "#here"}, id="an anchor"),
        pytest.param({"properties": {"$ref": {"type": "string"}}}, id="a field called $ref"),
        pytest.param({"const": {"$ref": "http://example.com"}}, id="a value that looks like a reference"),
    ],
)
def test_a_schema_that_can_be_served_passes(schema: dict[str, Any]) -> None:
    validate(Data(document_schema=schema))


@pytest.mark.parametrize(
    ("schema", "pointer", "says"),
    [
        pytest.param({"type": "objec"}, "/type", "objec", id="an unknown type"),
        pytest.param(
            {"properties": {"a": {"minLength": -1}}}, "/properties/a/minLength", "minimum", id="a bound"
        ),
        pytest.param({"required": "sku"}, "/required", "array", id="not a list"),
        pytest.param(
            {"properties": {"a": {"pattern": "["}}}, "/properties/a/pattern", "regex", id="a pattern"
        ),
        pytest.param({"$ref": "#/$defs/nope"}, "", "/$defs/nope", id="a reference to nothing"),
        pytest.param(
            {"properties": {"a": {"$ref": "http://example.com/a"}}},
            "/properties/a/$ref",
            "write its target under $defs",
            id="a reference to another host",
        ),
        pytest.param(
            {"allOf": [{"$ref": "file:///etc/passwd"}]},
            "/allOf/0/$ref",
            "write its target under $defs",
            id="a reference to a file",
        ),
        pytest.param(
            {"properties": {"default": {"$ref": "other.json"}}},
            "/properties/default/$ref",
            "write its target under $defs",
            id="a reference in a field called default",
        ),
    ],
)
def test_a_schema_that_cannot_be_served_is_refused_with_its_pointer(
    schema: dict[str, Any], pointer: str, says: str
) -> None:
    error = complaint(schema=schema)
    assert error.reason == "InvalidSchema"
    assert error.pointer == f"/spec/data/schema{pointer}"
    assert says in str(error)


@pytest.mark.parametrize("keyword", ["$schema", "$ref", "$id", "$dynamicRef"])
def test_nothing_a_schema_names_is_ever_fetched(keyword: str) -> None:
    """Whoever may write a DataService must not make the operator call addresses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"http://127.0.0.1:{server.getsockname()[1]}/schema"
        with suppress(InvalidSpec):
            validate(Data(document_schema={keyword: address, "type": "object"}))
        server.settimeout(0)
        with pytest.raises(BlockingIOError):
            server.accept()


def unique(*fields: str) -> list[dict[str, Any]]:
    return [{"fields": ["-_created_at"]}, {"fields": list(fields), "unique": True}]


ADDRESS = {
    "required": ["address"],
    "properties": {"address": {"required": ["city"], "properties": {"city": {"type": "string"}}}},
}


@pytest.mark.parametrize(
    ("schema", "indexes"),
    [
        pytest.param(SCHEMA, unique("sku"), id="a required field"),
        pytest.param(SCHEMA, unique("-sku", "quantity"), id="several, also descending"),
        pytest.param(ADDRESS, unique("address.city"), id="required all the way down"),
        pytest.param(None, unique("_etag", "_id"), id="fields of the server's"),
        pytest.param(None, [{"fields": ["colour"]}], id="not unique"),
        pytest.param(SCHEMA, FULL["data"]["indexes"], id="the sample"),
    ],
)
def test_a_unique_index_over_fields_that_every_document_has_passes(
    schema: dict[str, Any] | None, indexes: list[dict[str, Any]]
) -> None:
    validate(Data.model_validate({"schema": schema, "indexes": indexes}))


@pytest.mark.parametrize(
    ("schema", "indexes"),
    [
        pytest.param(None, unique("sku"), id="no schema"),
        pytest.param(SCHEMA, unique("colour"), id="an optional field"),
        pytest.param(SCHEMA, unique("sku", "-colour"), id="one optional field of two"),
        pytest.param({**ADDRESS, "required": []}, unique("address.city"), id="inside an optional field"),
        pytest.param({"required": ["address"]}, unique("address.city"), id="inside a field of any shape"),
        pytest.param(
            {"required": ["a"], "properties": {"a": True}}, unique("a.b"), id="inside a boolean schema"
        ),
    ],
)
def test_a_unique_index_over_a_field_that_may_be_missing_is_refused(
    schema: dict[str, Any] | None, indexes: list[dict[str, Any]]
) -> None:
    error = complaint(schema=schema, indexes=indexes)
    assert error.reason == "IndexFieldNotRequired"
    assert error.pointer == "/spec/data/indexes/1"
    assert "list it as required in the schema, or drop unique" in str(error)


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (["_id"], "an index on _id alone: leave this one out"),
        (["-_id"], "an index on _id alone: leave this one out"),
        (["sku", "-sku"], "each field once"),
        (["address..city"], "write the path of a field"),
        (["-"], "write the path of a field"),
        (["$where"], "write the path of a field"),
    ],
    ids=str,
)
def test_an_index_that_a_crd_without_its_rule_has_let_pass_is_refused_before_a_pod_starts_with_it(
    fields: list[str], says: str
) -> None:
    error = complaint(indexes=[{"fields": ["colour"]}, {"fields": fields}])
    assert (error.reason, error.pointer) == ("InvalidSpec", "/spec/data/indexes/1")
    assert says in str(error)
