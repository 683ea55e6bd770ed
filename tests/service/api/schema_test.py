"""The instance's own schema and unique indexes, as a client meets them."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from tests.support.api import problem, running, service

ORDER: dict[str, Any] = {
    "type": "object",
    "required": ["sku", "quantity"],
    "additionalProperties": False,
    "properties": {
        "sku": {"type": "string", "pattern": "^[A-Z]-[0-9]+$"},
        "quantity": {"type": "integer", "minimum": 1},
        "email": {"type": "string", "format": "email"},
        "lines": {"type": "array", "items": {"$ref": "#/$defs/line"}},
    },
    "$defs": {"line": {"type": "object", "required": ["a/b"]}},
}


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    async with running(service(schema=ORDER, indexes=b'[{"fields": ["sku"], "unique": true}]')) as client:
        yield client


async def test_a_document_that_fits_the_schema_is_stored(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json={"_id": "mine", "sku": "A-1", "quantity": 1})

    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("fields", "pointer", "code"),
    [
        ({"quantity": 0}, "/quantity", "minimum"),
        ({"quantity": "1"}, "/quantity", "type"),
        ({"quantity": 1.5}, "/quantity", "type"),
        ({"sku": "a-1"}, "/sku", "pattern"),
        ({"email": "nobody"}, "/email", "format"),
        ({"lines": [{"a/b": 1}, {}]}, "/lines/1", "required"),
        ({"colour": "red"}, "", "additionalProperties"),
    ],
)
async def test_a_broken_rule_is_named_by_its_keyword_and_place(
    api: httpx.AsyncClient, fields: dict[str, Any], pointer: str, code: str
) -> None:
    answer = await api.post("/data", json={"sku": "A-1", "quantity": 1, **fields})

    refused = problem(answer)
    assert (answer.status_code, refused["code"]) == (422, "invalid-document")
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [(pointer, code)]
    assert (await api.get("/data")).json()["items"] == []


async def test_all_broken_rules_are_named_at_once_and_no_value_is_repeated(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json={"sku": "secret", "quantity": -77})

    errors = problem(answer)["errors"]
    assert {each["pointer"] for each in errors} == {"/sku", "/quantity"}
    assert not any(value in each["detail"] for value in ("secret", "77") for each in errors)


async def test_a_unique_value_that_is_taken_is_a_conflict_that_names_the_field(
    api: httpx.AsyncClient,
) -> None:
    await api.post("/data", json={"sku": "A-1", "quantity": 1})

    answer = await api.post("/data", json={"sku": "A-1", "quantity": 2})

    refused = problem(answer)
    assert (answer.status_code, refused["code"]) == (409, "duplicate")
    assert [each["pointer"] for each in refused["errors"]] == ["/sku"]


@pytest.mark.parametrize("value", [[], ["A-1"], {}, {"a": 1}])
async def test_a_unique_value_is_a_scalar(value: object) -> None:
    unique = service(schema={"required": ["sku"]}, indexes=b'[{"fields": ["sku"], "unique": true}]')
    async with running(unique) as api:
        answer = await api.post("/data", json={"sku": value})

    assert answer.status_code == 422
    assert [(each["pointer"], each["code"]) for each in problem(answer)["errors"]] == [
        ("/sku", "not-a-scalar")
    ]


async def test_an_array_on_the_way_to_a_unique_value_is_refused() -> None:
    unique = service(
        schema={"required": ["a"], "properties": {"a": {"required": ["b"]}}},
        indexes=b'[{"fields": ["a.b"], "unique": true}]',
    )
    async with running(unique) as api:
        answers = [await api.post("/data", json={"a": value}) for value in ([{"b": 1}], {"b": 1})]

    assert [answer.status_code for answer in answers] == [422, 201]


async def test_the_schema_can_be_read(api: httpx.AsyncClient) -> None:
    answer = await api.get("/schema")

    assert answer.headers["content-type"] == "application/schema+json"
    assert answer.json() == ORDER


async def test_openapi_shows_the_instances_schema(api: httpx.AsyncClient) -> None:
    document = (await api.get("/openapi.json")).json()

    sent = document["paths"]["/data"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    body, array = sent["anyOf"]
    schema = document["components"]["schemas"]["Document"]
    assert body == array["items"] == {"$ref": "#/components/schemas/Document"}
    stored = document["components"]["schemas"]["StoredDocument"]
    assert {name: schema[name] for name in ORDER} == ORDER
    assert {"sku", "_id", "_etag", "_created_at", "_updated_at"} <= set(stored["properties"])
    assert stored["required"] == ["sku", "quantity", "_id"]


async def test_openapi_names_every_operation_once(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]

    operations = {
        (path, method): operation["operationId"]
        for path, methods in paths.items()
        for method, operation in methods.items()
    }
    assert operations == {
        ("/data", "post"): "createDocument",
        ("/data", "get"): "listDocuments",
        ("/data:import", "post"): "importDocuments",
        ("/data/{id}", "get"): "getDocument",
        ("/data:export", "get"): "exportDocuments",
        ("/data:watch", "get"): "watchDocuments",
        ("/data/{id}", "put"): "putDocument",
        ("/data/{id}", "patch"): "patchDocument",
        ("/data/{id}", "delete"): "deleteDocument",
        ("/schema", "get"): "getSchema",
    }


async def test_openapi_says_where_a_query_parameter_is_refused(api: httpx.AsyncClient) -> None:
    paths = (await api.get("/openapi.json")).json()["paths"]

    responses = [operation["responses"] for methods in paths.values() for operation in methods.values()]
    assert all("400" in each for each in responses)


async def test_openapi_says_which_patches_are_taken_and_how_changes_are_refused(
    api: httpx.AsyncClient,
) -> None:
    operations = (await api.get("/openapi.json")).json()["paths"]["/data/{id}"]

    assert set(operations["patch"]["requestBody"]["content"]) == {
        "application/merge-patch+json",
        "application/json-patch+json",
    }
    for method in ("put", "patch", "delete"):
        operation = operations[method]
        assert {"409", "412", "428", "503"} <= set(operation["responses"])
        assert [each["name"] for each in operation["parameters"]] == ["id", "If-Match", "If-None-Match"]
    assert set(operations["put"]["responses"]) >= {"200", "201", "204", "422"}
    assert "200" not in operations["delete"]["responses"]
