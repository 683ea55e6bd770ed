"""POST /data with an array."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import msgspec
import pytest

from tests.support.api import problem, running, service

JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def shop() -> AsyncIterator[httpx.AsyncClient]:
    """One whose documents have a unique sku and a quantity."""
    schema = {"required": ["sku"], "properties": {"quantity": {"type": "integer", "minimum": 1}}}
    async with running(service(schema=schema, indexes=b'[{"fields": ["sku"], "unique": true}]')) as client:
        yield client


async def stored(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.get("/data")).json()["items"]
    return items


async def test_an_array_is_stored_in_its_order_and_answered_by_items(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json=[{"n": 1}, {"_id": "mine", "n": 2}])

    items = answer.json()["items"]
    assert answer.status_code == 201
    assert [(item["index"], item["status"]) for item in items] == [(0, 201), (1, 201)]
    assert items[1]["id"] == "mine"
    for item in items:
        assert item["document"] == (await api.get(f"/data/{item['id']}")).json()
        assert item["document"]["_etag"] == item["etag"]
    assert [each["n"] for each in await stored(api)] == [1, 2]


async def test_of_an_array_what_can_be_stored_is_stored(shop: httpx.AsyncClient) -> None:
    await shop.post("/data", json={"_id": "taken", "sku": 0})

    answer = await shop.post(
        "/data",
        json=[
            {"sku": 1},
            {"sku": 2, "quantity": 0},
            {"_id": "taken", "sku": 3},
            {"sku": 1},
            {"_id": "a/b", "sku": 4},
            7,
            {"sku": 5},
        ],
    )

    items = answer.json()["items"]
    assert answer.status_code == 207
    assert [(item["index"], item["status"], item.get("error", {}).get("code")) for item in items] == [
        (0, 201, None),
        (1, 422, "invalid-document"),
        (2, 409, "duplicate"),
        (3, 409, "duplicate"),
        (4, 422, "invalid-document"),
        (5, 422, "invalid-document"),
        (6, 201, None),
    ]
    assert [item["error"]["errors"][0]["pointer"] for item in items[1:6]] == [
        "/quantity",
        "/_id",
        "/sku",
        "/_id",
        "",
    ]
    assert [item["id"] for item in items[1:6]] == [None, "taken", None, None, None]
    assert {each["sku"] for each in await stored(shop)} == {0, 1, 5}


async def test_an_items_error_is_the_problem_that_it_would_be_alone(shop: httpx.AsyncClient) -> None:
    headers = {"X-Request-Id": "same"}
    alone = await shop.post("/data", json={"sku": 1, "quantity": 0}, headers=headers)

    answer = await shop.post("/data", json=[{"sku": 1, "quantity": 0}], headers=headers)

    assert answer.status_code == 207
    assert answer.json()["items"] == [{"index": 0, "status": 422, "id": None, "error": problem(alone)}]


async def test_of_two_items_with_one_id_the_second_is_a_duplicate(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json=[{"_id": "twin", "n": 1}, {"n": 2}, {"_id": "twin", "n": 3}])

    items = answer.json()["items"]
    assert [(item["status"], item["id"]) for item in items[::2]] == [(201, "twin"), (409, "twin")]
    assert (await api.get("/data/twin")).json()["n"] == 1


async def test_an_item_that_is_refused_leaves_its_id_to_a_later_one(shop: httpx.AsyncClient) -> None:
    answer = await shop.post("/data", json=[{"_id": "one"}, {"_id": "one", "sku": 1}])

    assert [item["status"] for item in answer.json()["items"]] == [422, 201]


async def test_a_minimal_answer_has_the_items_without_documents(shop: httpx.AsyncClient) -> None:
    answer = await shop.post("/data", json=[{"sku": 1}, {}], headers={"Prefer": "return=minimal"})

    first, second = answer.json()["items"]
    assert answer.headers["preference-applied"] == "return=minimal"
    assert set(first) == {"index", "status", "id", "etag"}
    assert set(second) == {"index", "status", "id", "error"}


BROKEN = [
    (b'{"a": NaN}', "/a", "not-a-number"),
    (b'{"a": 1, "a": 2}', "/a", "duplicate-name"),
    (b'{"a": {"b": 1, "b": ":"}}', "/a/b", "duplicate-name"),
    (b'{"a": 1, "a": "\\u003a"}', "/a", "duplicate-name"),
    (b'{"a": "\\u0000"}', "/a", "nul"),
    (b'{"a": [1, "\\ud800"]}', "/a/1", "lone-surrogate"),
    (b'{"a": 9223372036854775808}', "/a", "integer-out-of-range"),
    (b'{"a": 1e999}', "/a", "number-out-of-range"),
    (b'{"$a": 1}', "/$a", "invalid-name"),
    (b'{"_a": 1}', "/_a", "reserved-name"),
    (b'{"_request": "0"}', "/_request", "reserved-name"),
    (b'{"a": %s1%s}' % (b"[" * 32, b"]" * 32), "/a" + "/0" * 31, "too-deep"),
    (b"[]", "", "not-an-object"),
    (b"[[{}]]", "", "not-an-object"),
    (b"null", "", "not-an-object"),
    (b"NaN", "", "not-an-object"),
    (b'"{}"', "", "not-an-object"),
]


@pytest.mark.parametrize(("item", "pointer", "code"), BROKEN)
@pytest.mark.parametrize("beside", [b'{"ok": ":"}', b'{"ok": "\\u003a", "x": [{}, 1.5, null, true]}'])
async def test_an_item_that_a_store_could_not_keep_is_refused_alone(
    api: httpx.AsyncClient, beside: bytes, item: bytes, pointer: str, code: str
) -> None:
    answer = await api.post("/data", content=b"[%b,%b,%b]" % (beside, item, beside), headers=JSON)

    items = answer.json()["items"]
    assert [each["status"] for each in items] == [201, 422, 201]
    assert [(each["pointer"], each["code"]) for each in items[1]["error"]["errors"]] == [(pointer, code)]
    kept = [{k: v for k, v in each.items() if k[0] != "_"} for each in await stored(api)]
    assert kept == [msgspec.json.decode(beside)] * 2


@pytest.mark.parametrize(("item", "pointer", "code"), BROKEN)
async def test_where_nothing_can_be_stored_the_answer_has_the_same_form(
    api: httpx.AsyncClient, item: bytes, pointer: str, code: str
) -> None:
    answer = await api.post("/data", content=b"[%b]" % item, headers=JSON)

    (told,) = answer.json()["items"]
    assert (answer.status_code, told["status"], told["id"]) == (207, 422, None)
    assert [(each["pointer"], each["code"]) for each in told["error"]["errors"]] == [(pointer, code)]
    assert await stored(api) == []


@pytest.mark.parametrize(
    "body", [b"[", b"[{},]", b"[{}{}]", b'[{"a"}]', b"[{}] {}", b'[{"a": "\xff"}]', b"[,]"]
)
async def test_an_array_that_is_no_json_is_refused_whole(api: httpx.AsyncClient, body: bytes) -> None:
    answer = await api.post("/data", content=body, headers=JSON)

    assert (answer.status_code, problem(answer)["code"]) == (400, "malformed-json")
    assert await stored(api) == []


async def test_an_array_that_nests_beyond_reading_is_refused_whole(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", content=b'[{}, {"a": %s}]' % (b"[" * 100_000), headers=JSON)

    assert (answer.status_code, problem(answer)["errors"][0]["code"]) == (422, "too-deep")
    assert await stored(api) == []


async def test_an_empty_array_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json=[])

    assert (answer.status_code, problem(answer)["errors"][0]["code"]) == (422, "empty")


@pytest.mark.parametrize("item", [b"{}", b"NaN", b'{"a": "\\u003a"}'])
async def test_an_array_that_is_too_long_is_refused_whole(item: bytes) -> None:
    async with running(service(api={"limits": {"max_bulk_items": 3}})) as api:
        most = await api.post("/data", content=b"[%b]" % b",".join([item] * 3), headers=JSON)
        more = await api.post("/data", content=b"[%b]" % b",".join([item] * 4), headers=JSON)

        assert most.status_code in {201, 207}
        assert (more.status_code, problem(more)["code"]) == (413, "too-many-documents")
        assert "3 documents" in problem(more)["detail"]
        assert len(await stored(api)) in {0, 3}


async def test_the_broken_rules_of_many_items_make_no_long_answer(api: httpx.AsyncClient) -> None:
    """Names are repeated in pointers: without a bound, a body of 1 MB would be answered with 50."""
    item = b'{"%b": {"%b": [%b]}}' % (b"x" * 100, b"y" * 100, b",".join([b"NaN"] * 50))

    answer = await api.post("/data", content=b"[%b]" % b",".join([item] * 900), headers=JSON)

    assert [len(each["error"]["errors"]) for each in answer.json()["items"]] == [1] * 900
    assert len(answer.content) < 1_000_000


async def test_the_rules_of_a_schema_are_bounded_over_all_items() -> None:
    schema = {"required": [f"field-{n}" for n in range(60)]}
    async with running(service(schema=schema)) as api:
        answer = await api.post("/data", json=[{}] * 10)

    assert [len(each["error"]["errors"]) for each in answer.json()["items"]] == [5] * 10
