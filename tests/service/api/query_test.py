"""GET /data with filter, sort, fields and count, as a client meets them."""

import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dataservice.storage.memory import MemoryRepository
from tests.support.api import problem, running, service
from tests.support.documents import document

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["sku", "size"],
    "properties": {
        "sku": {"type": "string"},
        "size": {"type": "integer"},
        "fresh": {"type": "boolean"},
        "note": {"type": ["string", "null"]},
        "limit": {"type": "integer"},
        "$where": {},
        "_hidden": {},
        "a.b": {},
    },
}
SHOP = [
    {"_id": "d1", "sku": "A-1", "size": 3, "fresh": True, "shop": {"name": "north", "tags": ["x", "y"]}},
    {"_id": "d2", "sku": "A-2", "size": 1, "fresh": False, "note": None, "limit": 7},
    {"_id": "d3", "sku": "B-1", "size": 3, "note": "12"},
    {"_id": "d4", "sku": "12", "size": 2, "note": "ü&="},
]


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    async with running(service(schema=SCHEMA)) as client:
        for each in SHOP:
            assert (await client.post("/data", json=each)).status_code == 201
        yield client


async def ids(api: httpx.AsyncClient, **parameters: str) -> list[str]:
    answer = await api.get("/data", params=parameters)
    assert answer.status_code == 200, answer.text
    return [item["_id"] for item in answer.json()["items"]]


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        ({"size": 3}, ["d1", "d3"]),
        ({"size": {"$gt": 1, "$lt": 3}}, ["d4"]),
        ({"shop.tags": "y"}, ["d1"]),
        ({"note": None}, ["d1", "d2"]),
        ({"$or": [{"sku": {"$startsWith": "B"}}, {"fresh": False}]}, ["d2", "d3"]),
        ({"_id": {"$in": ["d4", "d2", "d9"]}}, ["d2", "d4"]),
        ({"_created_at": {"$gt": "2020-01-01T00:00:00Z"}}, ["d1", "d2", "d3", "d4"]),
        ({}, ["d1", "d2", "d3", "d4"]),
    ],
    ids=str,
)
async def test_a_list_is_filtered(api: httpx.AsyncClient, found: Any, expected: list[str]) -> None:
    assert await ids(api, filter=json.dumps(found)) == expected


@pytest.mark.parametrize(
    ("parameters", "expected"),
    [
        ({"sku": "A-1"}, ["d1"]),
        ({"size": "3"}, ["d1", "d3"]),
        ({"size": "3.0", "sku": "B-1"}, ["d3"]),
        ({"fresh": "false"}, ["d2"]),
        ({"note": "null"}, ["d1", "d2"]),
        ({"note": "12"}, []),  # a number
        ({"note": '"12"'}, ["d3"]),
        ({"sku": "[1]"}, []),
        ({"note": "ü&="}, ["d4"]),
        ({"note": '{"$gt": ""}'}, []),
        ({"_id": "d2"}, ["d2"]),
        ({"size": "3", "filter": '{"fresh": true}'}, ["d1"]),
    ],
    ids=str,
)
async def test_a_field_may_stand_as_a_parameter(
    api: httpx.AsyncClient, parameters: dict[str, str], expected: list[str]
) -> None:
    assert await ids(api, **parameters) == expected


@pytest.mark.parametrize(
    "name", ["shop", "shop.name", "$where", "_hidden", "a.b", "sku[$gt]", "Sku", "validate_only"]
)
async def test_only_fields_that_the_schema_declares_are_parameters(api: httpx.AsyncClient, name: str) -> None:
    answer = await api.get("/data", params={name: "1"})

    assert (answer.status_code, problem(answer)["code"]) == (400, "unknown-parameter")


async def test_a_field_that_has_the_name_of_a_parameter_can_be_filtered_by_only(
    api: httpx.AsyncClient,
) -> None:
    assert await ids(api, limit="2") == ["d1", "d2"]
    assert await ids(api, filter='{"limit": 7}') == ["d2"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("filter=", "invalid-filter"),
        ('filter={"$where":"1"}', "invalid-filter"),
        ('filter={"sku":{"$regex":"(a%2B)%2B$"}}', "invalid-filter"),
        ('filter={"_request":{"$startsWith":"a"}}', "invalid-filter"),
        ('filter={"sku":"%ff"}', "invalid-filter"),
        ("filter=" + "[" * 7000, "invalid-filter"),
        ('filter={"a":{"$in":[' + ",".join(["1"] * 1001) + "]}}", "invalid-filter"),
        ("sku=%ff", "invalid-filter"),
        ("sku=%00", "invalid-filter"),
        ('sku="%5Cud800"', "invalid-filter"),
        ("size=99999999999999999999", "invalid-filter"),
        ("_created_at=yesterday", "invalid-filter"),
        ("sku[$ne]=1", "unknown-parameter"),
        ("sku=1&sku=2", "invalid-parameter"),
        ("sort=note", "invalid-sort"),
        ("sort=shop.name", "invalid-sort"),
        ("sort=%ff", "invalid-sort"),
        ("sort=", "invalid-sort"),
        ("fields=_request", "invalid-fields"),
        ("fields=", "invalid-fields"),
        ("fields=%ff", "invalid-fields"),
        ("count=yes", "invalid-parameter"),
        ("count=", "invalid-parameter"),
        ("count=exact&cursor=x", "invalid-cursor"),
    ],
    ids=lambda each: each[:40],
)
async def test_a_query_that_cannot_be_used_is_refused(api: httpx.AsyncClient, query: str, code: str) -> None:
    answer = await api.get(f"/data?{query}")

    assert (answer.status_code, problem(answer)["code"]) == (400, code)


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("_id", ["d1", "d2", "d3", "d4"]),
        ("-_id", ["d4", "d3", "d2", "d1"]),
        ("size", ["d2", "d4", "d1", "d3"]),
        ("-size", ["d1", "d3", "d4", "d2"]),
        ("-size,-_id", ["d3", "d1", "d4", "d2"]),
        ("-size,-sku", ["d3", "d1", "d4", "d2"]),
    ],
)
async def test_a_list_is_sorted(api: httpx.AsyncClient, sort: str, expected: list[str]) -> None:
    pages = [(await api.get("/data", params={"sort": sort, "limit": "1"})).json()]
    while cursor := pages[-1]["next"]:
        answer = await api.get("/data", params={"sort": sort, "limit": "1", "cursor": cursor})
        pages.append(answer.json())

    assert [page["items"][0]["_id"] for page in pages] == expected
    assert await ids(api, sort=sort) == expected


OTHERS = [
    {},
    {"sort": "-size"},
    {"sort": "size,-_id"},
    {"sort": "size", "filter": '{"size": {"$gt": 1}}'},
    {"sort": "size", "filter": '{"size": {"$gte": 2}}'},
    {"sort": "size", "sku": "A-1"},
]


@pytest.mark.parametrize("other", OTHERS, ids=str)
async def test_a_cursor_fits_its_own_filter_and_sort_only(
    api: httpx.AsyncClient, other: dict[str, str]
) -> None:
    first = await api.get("/data", params={"sort": "size", "filter": '{"size": {"$gt": 0}}', "limit": "1"})

    answer = await api.get("/data", params={**other, "cursor": first.json()["next"]})

    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-cursor")


async def test_a_cursor_fits_another_spelling_of_its_query_and_other_fields(api: httpx.AsyncClient) -> None:
    first = await api.get("/data", params={"sort": "size", "filter": '{"size":3}', "limit": "1"})
    again = {"sort": "size,_id", "filter": ' {"size" : {"$eq" : 3} } ', "fields": "sku", "count": "exact"}

    second = (await api.get("/data", params={**again, "cursor": first.json()["next"]})).json()

    assert second == {"items": [{"_id": "d3", "sku": "B-1"}], "next": None, "has_more": False, "count": 2}


async def test_an_answer_has_the_fields_that_were_asked_for(api: httpx.AsyncClient) -> None:
    listed = (await api.get("/data", params={"fields": "shop.name", "limit": "2"})).json()
    read = await api.get("/data/d1", params={"fields": "shop.tags,size"})

    assert listed["items"] == [{"_id": "d1", "shop": {"name": "north"}}, {"_id": "d2"}]
    assert read.json() == {"_id": "d1", "size": 3, "shop": {"tags": ["x", "y"]}}


async def test_a_document_that_is_cut_has_no_tag_and_is_always_sent(api: httpx.AsyncClient) -> None:
    whole = await api.get("/data/d1")
    known = {"If-None-Match": whole.headers["etag"]}

    cut = await api.get("/data/d1?fields=sku", headers=known)

    assert (cut.status_code, "etag" in cut.headers) == (200, False)
    assert (await api.head("/data/d1?fields=sku")).headers["content-length"] == str(len(cut.content))
    assert (await api.get("/data/d9?fields=sku")).status_code == 404
    assert problem(await api.get("/data/d1?fields=_request"))["code"] == "invalid-fields"


@pytest.mark.parametrize(
    ("parameters", "count"),
    [
        ({}, None),
        ({"count": "none"}, None),
        ({"count": "exact"}, 4),
        ({"count": "estimated"}, 4),
        ({"count": "exact", "size": "3", "limit": "1"}, 2),
        ({"count": "estimated", "size": "3"}, 2),
        ({"count": "exact", "size": "9"}, 0),
    ],
    ids=str,
)
async def test_documents_are_counted_if_that_is_asked(
    api: httpx.AsyncClient, parameters: dict[str, str], count: int | None
) -> None:
    assert (await api.get("/data", params=parameters)).json().get("count") == count


async def test_a_query_that_takes_too_long_is_refused_and_others_are_not() -> None:
    """No time is given; the plain list needs none."""
    repository = MemoryRepository(query_seconds=0)
    for number in range(300):
        await repository.insert(document({"n": number}))

    async with running(service(repository)) as api:
        refused = await api.get("/data", params={"filter": '{"n": 1}'})
        counted = await api.get("/data", params={"filter": '{"n": 1}', "count": "exact"})
        plain = await api.get("/data")

    assert (refused.status_code, problem(refused)["code"]) == (400, "query-too-slow")
    assert (counted.status_code, plain.status_code) == (400, 200)


async def test_openapi_has_the_parameters_of_a_list_and_its_count(api: httpx.AsyncClient) -> None:
    described = (await api.get("/openapi.json")).json()

    names = [each["name"] for each in described["paths"]["/data"]["get"]["parameters"]]
    of_one = [each["name"] for each in described["paths"]["/data/{id}"]["get"]["parameters"]]
    page = described["components"]["schemas"]["Page"]
    assert names == ["limit", "cursor", "filter", "sort", "count", "fields"]
    assert "fields" in of_one
    assert "count" in page["properties"]
    assert "count" not in page["required"]
