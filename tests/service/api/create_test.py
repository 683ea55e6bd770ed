"""POST /data."""

import json
import re

import httpx
import pytest

from tests.support.api import problem

JSON = {"Content-Type": "application/json"}


async def stored(api: httpx.AsyncClient) -> list[object]:
    items: list[object] = (await api.get("/data")).json()["items"]
    return items


async def test_a_stored_document_is_answered_with_its_server_fields(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json={"sku": "A-1", "quantity": 3})

    body = answer.json()
    assert answer.status_code == 201
    assert list(body) == ["_id", "sku", "quantity", "_etag", "_created_at", "_updated_at"]
    assert body["sku"] == "A-1"
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", body["_id"])
    assert re.fullmatch(r"[0-9a-f]{16}", body["_etag"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", body["_created_at"])
    assert body["_updated_at"] == body["_created_at"]


async def test_the_answer_says_where_the_document_is_and_which_version(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json={})

    body = answer.json()
    assert answer.headers["location"] == f"/data/{body['_id']}"
    assert answer.headers["etag"] == f'"{body["_etag"]}"'
    assert (await api.get(answer.headers["location"])).json() == body


async def test_a_client_may_choose_the_id(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json={"_id": "order_1-A", "n": 1})

    assert answer.json()["_id"] == "order_1-A"
    assert answer.headers["location"] == "/data/order_1-A"


async def test_an_id_that_is_taken_is_a_conflict(api: httpx.AsyncClient) -> None:
    await api.post("/data", json={"_id": "one", "n": 1})

    answer = await api.post("/data", json={"_id": "one", "n": 2})

    body = problem(answer)
    assert (answer.status_code, body["code"]) == (409, "duplicate")
    assert body["errors"] == [{"pointer": "/_id", "code": "duplicate", "detail": "the value is taken"}]
    assert (await api.get("/data/one")).json()["n"] == 1


@pytest.mark.parametrize(
    "prefer",
    [
        [("Prefer", "respond-async, return=minimal")],
        [("Prefer", "respond-async"), ("Prefer", "return=minimal")],
        [("Prefer", 'Return = "minimal"; foo=1, wait=5')],
    ],
)
async def test_a_client_that_prefers_a_minimal_answer_gets_no_body(
    api: httpx.AsyncClient, prefer: list[tuple[str, str]]
) -> None:
    answer = await api.post("/data", json={"n": 1}, headers=prefer)

    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["preference-applied"] == "return=minimal"
    assert (await api.get(answer.headers["location"])).json()["n"] == 1


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json; charset=utf-8",
        "Application/JSON",
        "application/merge-patch+json",
        'application/json;charset="UTF-8"',
    ],
)
async def test_json_is_known_by_every_name_it_has(api: httpx.AsyncClient, content_type: str) -> None:
    answer = await api.post("/data", content=b"{}", headers={"Content-Type": content_type})

    assert answer.status_code == 201


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": ""},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "application/jsonp"},
        {"Content-Type": "application/json; charset=latin-1"},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
        [("Content-Type", "application/json"), ("Content-Type", "text/plain")],
        [
            ("Content-Type", "application/json"),
            ("Content-Encoding", "identity"),
            ("Content-Encoding", "gzip"),
        ],
    ],
)
async def test_a_body_that_is_not_declared_as_json_is_refused(
    api: httpx.AsyncClient, headers: httpx._types.HeaderTypes
) -> None:
    answer = await api.post("/data", content=b"{}", headers=headers)

    assert (answer.status_code, problem(answer)["code"]) == (415, "unsupported-media-type")
    assert await stored(api) == []


@pytest.mark.parametrize(
    ("body", "where"),
    [
        (b"", "send a JSON object"),
        (b" \n", "send a JSON object"),
        (b"{", "line 1 column 2"),
        (b'{"a": 1,\n "b": }', "line 2 column 7"),
        (b'{"a": 1} {"b": 2}', "line 1 column 10"),
        (b"{'a': 1}", "line 1 column 2"),
        (b'{"a": "\xff"}', "byte 7"),
        (b'{"a": "\x00"}', "line 1 column 8"),
        (b'\xef\xbb\xbf{"a": 1}', "line 1 column 1"),
        (b"\xff\xfe{\x00}\x00", "byte 0"),
    ],
)
async def test_what_is_not_json_is_refused_with_its_place(
    api: httpx.AsyncClient, body: bytes, where: str
) -> None:
    answer = await api.post("/data", content=body, headers=JSON)

    refused = problem(answer)
    assert (answer.status_code, refused["code"]) == (400, "malformed-json")
    assert refused["detail"].endswith(where)
    assert await stored(api) == []


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b"[]", "", "empty"),
        (b'"text"', "", "not-an-object"),
        (b"null", "", "not-an-object"),
        (b"NaN", "", "not-an-object"),
        (b'{"_etag": "0"}', "/_etag", "reserved-name"),
        (b'{"_mine": 1}', "/_mine", "reserved-name"),
        (b'{"_id": 7}', "/_id", "invalid-id"),
        (b'{"_id": null}', "/_id", "invalid-id"),
        (b'{"_id": ""}', "/_id", "invalid-id"),
        (b'{"_id": "a/b"}', "/_id", "invalid-id"),
        (b'{"_id": "a:b"}', "/_id", "invalid-id"),
        (b'{"_id": "a\\n"}', "/_id", "invalid-id"),
        ('{"_id": "é"}'.encode(), "/_id", "invalid-id"),
        (b'{"_id": "%s"}' % (b"a" * 129), "/_id", "invalid-id"),
        (b'{"a": {"$gt": 1}}', "/a/$gt", "invalid-name"),
        (b'{"a.b": 1}', "/a.b", "invalid-name"),
        (b'{"a": [{"b\\u0000": 1}]}', "/a/0/b\x00", "nul"),
        (b'{"a": "\\u0000"}', "/a", "nul"),
        (b'{"a": ["x", "\\ud800"]}', "/a/1", "lone-surrogate"),
        (b'{"a/b~": "\\udc00"}', "/a~1b~0", "lone-surrogate"),
        (b'{"\\ud800": 1}', "/\\ud800", "lone-surrogate"),
        (b'{"a": 9223372036854775808}', "/a", "integer-out-of-range"),
        (b'{"a": -9223372036854775809}', "/a", "integer-out-of-range"),
        (b'{"a": 18446744073709551616}', "/a", "integer-out-of-range"),
        (b'{"a": %s}' % (b"9" * 5000), "/a", "integer-out-of-range"),
        (b'{"a": 1e999}', "/a", "number-out-of-range"),
        (b'{"a": NaN}', "/a", "not-a-number"),
        (b'{"a": [-Infinity]}', "/a/0", "not-a-number"),
        (b'{"a": 1, "a": 2}', "/a", "duplicate-name"),
        (b'{"a": {"b": 1, "b": {"c": 1}}}', "/a/b", "duplicate-name"),
        (b'{"a": ":", "a": 1}', "/a", "duplicate-name"),
        (b'{"a": 1, "a": "\\u003a"}', "/a", "duplicate-name"),
        (b'{"a": 1, "\\u0061": 2}', "/a", "duplicate-name"),
        (b'{"a": %s1%s}' % (b"[" * 32, b"]" * 32), "/a" + "/0" * 31, "too-deep"),
        (b'{"a":' * 33 + b"1" + b"}" * 33, "/a" * 32, "too-deep"),
        (b'{"a": %s}' % (b"[" * 100_000), "", "too-deep"),
    ],
)
async def test_a_document_that_a_store_could_not_keep_is_refused(
    api: httpx.AsyncClient, body: bytes, pointer: str, code: str
) -> None:
    answer = await api.post("/data", content=body, headers=JSON)

    refused = problem(answer)
    assert (answer.status_code, refused["code"]) == (422, "invalid-document")
    assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [(pointer, code)]
    assert refused["errors"][0]["detail"]
    assert await stored(api) == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 9223372036854775807, "b": -9223372036854775808}',
        b'{"a": {"_x": 1}}',
        b'{"when": "12:00:00", "where": "https://example.com:80/"}',
        b'{"a:b": {"c": "d:e"}, ":": ":"}',
        b'{"a": "\\u003a\\u00e9\\ud83c\\udf89"}',
        b'{"a": %s1%s}' % (b"[" * 31, b"]" * 31),
        b'{"a": {"b": 1}, "c": {"b": 1}}',
        b'{"": {"": ""}}',
    ],
)
async def test_a_document_at_the_edge_of_the_rules_is_kept_exactly(
    api: httpx.AsyncClient, body: bytes
) -> None:
    answer = await api.post("/data", content=body, headers=JSON)

    read = (await api.get(answer.headers["location"])).json()
    assert answer.status_code == 201
    assert {name: value for name, value in read.items() if name[:1] != "_"} == json.loads(body)


async def test_every_broken_rule_is_named_at_once(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", content=b'{"_a": NaN, "$b": "\\u0000", "c": [1e999]}', headers=JSON)

    named = {(each["pointer"], each["code"]) for each in problem(answer)["errors"]}
    assert named == {
        ("/_a", "reserved-name"),
        ("/_a", "not-a-number"),
        ("/$b", "invalid-name"),
        ("/$b", "nul"),
        ("/c/0", "number-out-of-range"),
    }


async def test_the_list_of_broken_rules_is_bounded(api: httpx.AsyncClient) -> None:
    name = b"x" * 5000
    body = b'{"%b": [%b]}' % (name, b",".join([b"NaN"] * 1000))

    answer = await api.post("/data", content=body, headers=JSON)

    assert len(problem(answer)["errors"]) == 50
    assert len(answer.content) < 20_000


async def test_an_unknown_query_parameter_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data?dry_run=1", json={})

    refused = problem(answer)
    assert (answer.status_code, refused["code"]) == (400, "unknown-parameter")
    assert "'dry_run'" in refused["detail"]
    assert await stored(api) == []
