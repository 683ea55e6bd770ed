"""PUT, PATCH and DELETE of /data/{id}."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dataservice.domain.document import Document, Stored
from dataservice.services.changer import ATTEMPTS
from dataservice.storage.memory import MemoryRepository
from tests.support.api import problem, running, service

JSON = {"Content-Type": "application/json"}
MERGE = {"Content-Type": "application/merge-patch+json"}
PATCH = {"Content-Type": "application/json-patch+json"}
ACCEPTED = "application/merge-patch+json, application/json-patch+json"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["sku"],
    "properties": {"sku": {"type": ["string", "integer"]}, "n": {"type": "integer", "minimum": 0}},
}
INDEXES = b'[{"fields": ["sku"], "unique": true}]'
STALE = '"0123456789abcdef"'


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    """One document, `one`."""
    limits = {"max_body_bytes": 2000}
    async with running(service(schema=SCHEMA, indexes=INDEXES, api={"limits": limits})) as client:
        answer = await client.post("/data", json={"_id": "one", "sku": "A", "n": 1, "list": [1]})
        assert answer.status_code == 201
        yield client


async def one(api: httpx.AsyncClient) -> dict[str, Any]:
    document: dict[str, Any] = (await api.get("/data/one")).json()
    return document


async def tag(api: httpx.AsyncClient) -> str:
    return (await api.get("/data/one")).headers["etag"]


class TestPut:
    async def test_a_document_is_replaced(self, api: httpx.AsyncClient) -> None:
        before = await one(api)

        answer = await api.put("/data/one", json={"sku": "B", "m": 2})

        body = answer.json()
        assert answer.status_code == 200
        assert list(body) == ["_id", "sku", "m", "_etag", "_created_at", "_updated_at"]
        assert (body["_id"], body["sku"], body["m"]) == ("one", "B", 2)
        assert body["_created_at"] == before["_created_at"]
        assert body["_updated_at"] >= before["_updated_at"]
        assert body["_etag"] != before["_etag"]
        assert answer.headers["etag"] == f'"{body["_etag"]}"'
        assert "location" not in answer.headers
        assert (await api.get("/data/one")).content == answer.content

    async def test_where_none_is_one_is_stored(self, api: httpx.AsyncClient) -> None:
        answer = await api.put("/data/two", json={"sku": "B"})

        assert answer.status_code == 201
        assert answer.headers["location"] == "/data/two"
        assert (await api.get("/data/two")).content == answer.content

    async def test_what_a_get_gave_can_be_sent_back(self, api: httpx.AsyncClient) -> None:
        answer = await api.put("/data/one", json={**await one(api), "n": 2})

        assert (answer.status_code, answer.json()["n"]) == (200, 2)

    @pytest.mark.parametrize(
        ("name", "value"),
        [
            ("_id", "two"),
            ("_id", 1),
            ("_etag", "0123456789abcdef"),
            ("_etag", None),
            ("_created_at", "2026-03-01T12:00:00.000Z"),
            ("_updated_at", []),
        ],
    )
    async def test_a_field_of_the_server_is_not_set_by_a_client(
        self, api: httpx.AsyncClient, name: str, value: object
    ) -> None:
        before = await one(api)
        for path in ("/data/one", "/data/new"):
            answer = await api.put(path, json={"sku": "B", name: value})

            refused = problem(answer)
            assert (answer.status_code, refused["code"]) == (422, "invalid-document")
            assert [(each["pointer"], each["code"]) for each in refused["errors"]] == [
                (f"/{name}", "server-field")
            ]
        assert (await api.get("/data")).json()["items"] == [before]

    async def test_with_if_none_match_it_only_stores_new_documents(self, api: httpx.AsyncClient) -> None:
        new = await api.put("/data/two", json={"sku": "B"}, headers={"If-None-Match": "*"})
        known = await api.put("/data/one", json={"sku": "C"}, headers={"If-None-Match": "*"})

        assert new.status_code == 201
        assert (known.status_code, problem(known)["code"]) == (412, "precondition-failed")
        assert (await one(api))["sku"] == "A"

    async def test_with_if_match_it_stores_no_new_document(self, api: httpx.AsyncClient) -> None:
        for value in ("*", STALE):
            answer = await api.put("/data/two", json={"sku": "B"}, headers={"If-Match": value})
            assert (answer.status_code, problem(answer)["code"]) == (412, "precondition-failed")
        assert (await api.get("/data/two")).status_code == 404

    @pytest.mark.parametrize("document_id", ["a:b", "%C3%A9", "a" * 129, "%00", "a%0a", "%20"])
    async def test_what_can_be_no_id_is_refused(self, api: httpx.AsyncClient, document_id: str) -> None:
        answer = await api.put(f"/data/{document_id}", json={"sku": "B"})

        assert (answer.status_code, problem(answer)["code"]) == (422, "invalid-document")
        assert problem(answer)["errors"][0]["pointer"] == "/_id"

    async def test_a_unique_value_that_is_taken_is_a_conflict(self, api: httpx.AsyncClient) -> None:
        for path in ("/data/two", "/data/three"):
            await api.put(path, json={"sku": path})

        replaced = await api.put("/data/two", json={"sku": "A"})
        created = await api.put("/data/four", json={"sku": "A"})

        for answer in (replaced, created):
            assert (answer.status_code, problem(answer)["code"]) == (409, "duplicate")
            assert answer.json()["errors"][0]["pointer"] == "/sku"
        assert (await api.get("/data/four")).status_code == 404

    async def test_a_part_is_not_taken_for_the_whole(self, api: httpx.AsyncClient) -> None:
        answer = await api.put("/data/one", json={"sku": "B"}, headers={"Content-Range": "bytes 0-9/20"})

        assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-header")


class TestPatch:
    async def test_a_merge_patch_changes_what_it_names(self, api: httpx.AsyncClient) -> None:
        before = await one(api)

        answer = await api.patch("/data/one", json={"n": None, "more": {"a": 1, "b": None}}, headers=MERGE)

        body = answer.json()
        assert answer.status_code == 200
        assert list(body) == ["_id", "sku", "list", "more", "_etag", "_created_at", "_updated_at"]
        assert (body["sku"], body["list"], body["more"]) == ("A", [1], {"a": 1})
        assert body["_created_at"] == before["_created_at"]
        assert body["_etag"] != before["_etag"]
        assert answer.headers["etag"] == f'"{body["_etag"]}"'
        assert (await api.get("/data/one")).content == answer.content

    async def test_a_json_patch_does_all_that_it_says(self, api: httpx.AsyncClient) -> None:
        operations = [
            {"op": "test", "path": "", "value": {"sku": "A", "n": 1, "list": [1]}},
            {"op": "add", "path": "/list/-", "value": 2},
            {"op": "move", "from": "/n", "path": "/m"},
        ]

        answer = await api.patch("/data/one", json=operations, headers=PATCH)

        body = answer.json()
        assert answer.status_code == 200
        assert list(body)[1:-3] == ["sku", "list", "m"]
        assert (body["list"], body["m"]) == ([1, 2], 1)

    async def test_a_patch_that_fails_at_its_end_has_changed_nothing(self, api: httpx.AsyncClient) -> None:
        before = await one(api)
        operations = [
            {"op": "add", "path": "/list/-", "value": 2},
            {"op": "test", "path": "/n", "value": 2},
        ]

        answer = await api.patch("/data/one", json=operations, headers=PATCH)

        assert (answer.status_code, problem(answer)["code"]) == (409, "patch-conflict")
        assert await one(api) == before

    @pytest.mark.parametrize(
        "content_type",
        [
            None,
            "",
            "application/json",
            "text/plain",
            "application/xml",
            "application/merge-patch",
            "application/json-patch+json; charset=latin-1",
        ],
    )
    async def test_another_media_type_is_refused_with_those_that_are_taken(
        self, api: httpx.AsyncClient, content_type: str | None
    ) -> None:
        before = await one(api)

        headers = {} if content_type is None else {"Content-Type": content_type}
        answer = await api.patch("/data/one", content=b'{"n": 2}', headers=headers)

        assert (answer.status_code, problem(answer)["code"]) == (415, "unsupported-media-type")
        assert answer.headers["accept-patch"] == ACCEPTED
        assert await one(api) == before

    async def test_an_encoded_patch_is_refused(self, api: httpx.AsyncClient) -> None:
        answer = await api.patch("/data/one", content=b"{}", headers={**MERGE, "Content-Encoding": "gzip"})

        assert (answer.status_code, answer.headers["accept-patch"]) == (415, ACCEPTED)

    async def test_what_is_not_there_is_not_patched(self, api: httpx.AsyncClient) -> None:
        for document_id in ("two", "a:b", "%00"):
            answer = await api.patch(f"/data/{document_id}", json={}, headers={**MERGE, "If-Match": "*"})
            assert (answer.status_code, problem(answer)["code"]) == (404, "document-not-found")

    async def test_a_document_does_not_grow_patch_by_patch(self, api: httpx.AsyncClient) -> None:
        for _ in range(3):
            before = await one(api)
            more = {f"text-{len(before)}": "x" * 800}
            answer = await api.patch("/data/one", json=more, headers=MERGE)

        assert (answer.status_code, problem(answer)["errors"][0]["code"]) == (422, "too-large")
        assert await one(api) == before


@pytest.mark.parametrize("body", [{"a": {"b": 1}}, {"a": 1, "b": [2]}])
@pytest.mark.parametrize("method", ["PUT", "PATCH"])
async def test_a_client_that_prefers_a_minimal_answer_gets_no_body(
    api: httpx.AsyncClient, method: str, body: dict[str, Any]
) -> None:
    headers = {**(MERGE if method == "PATCH" else JSON), "Prefer": "return=minimal"}

    answer = await api.request(method, "/data/one", json={"sku": "A", **body}, headers=headers)

    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["preference-applied"] == "return=minimal"
    assert answer.headers["etag"] == await tag(api)
    assert (await one(api)).items() >= body.items()


async def test_a_document_that_is_stored_by_a_put_is_created_minimally_too(api: httpx.AsyncClient) -> None:
    answer = await api.put("/data/two", json={"sku": "B"}, headers={"Prefer": "return=minimal"})

    assert (answer.status_code, answer.content) == (201, b"")
    assert answer.headers["location"] == "/data/two"


class TestDelete:
    async def test_a_document_is_deleted_once(self, api: httpx.AsyncClient) -> None:
        first, second = await api.delete("/data/one"), await api.delete("/data/one")

        assert (first.status_code, first.content) == (204, b"")
        assert (second.status_code, problem(second)["code"]) == (404, "document-not-found")
        assert (await api.get("/data")).json()["items"] == []

    async def test_its_unique_value_is_free_again(self, api: httpx.AsyncClient) -> None:
        await api.delete("/data/one")

        assert (await api.post("/data", json={"sku": "A"})).status_code == 201


CHANGES: list[tuple[str, dict[str, Any]]] = [
    ("PUT", {"json": {"sku": "B"}}),
    ("PATCH", {"json": {"sku": "B"}, "headers": MERGE}),
    ("PATCH", {"json": [{"op": "add", "path": "/sku", "value": "B"}], "headers": PATCH}),
    ("DELETE", {}),
]


@pytest.mark.parametrize(("method", "request_"), CHANGES)
class TestPreconditions:
    @staticmethod
    async def answer(
        api: httpx.AsyncClient, method: str, request: dict[str, Any], *headers: tuple[str, str]
    ) -> httpx.Response:
        given = [
            (name.encode(), value.encode("latin-1"))
            for name, value in (*request.get("headers", {}).items(), *headers)
        ]
        return await api.request(method, "/data/one", **{**request, "headers": given})

    @pytest.mark.parametrize("form", ["{0}", '"x", {0}', ",, {0} ,", "*", 'W/"x",{0}'])
    async def test_the_named_version_is_changed(
        self, api: httpx.AsyncClient, method: str, request_: dict[str, Any], form: str
    ) -> None:
        given = form.format(await tag(api))

        answer = await self.answer(api, method, request_, ("If-Match", given))

        assert answer.is_success

    async def test_tags_may_stand_in_several_fields(
        self, api: httpx.AsyncClient, method: str, request_: dict[str, Any]
    ) -> None:
        answer = await self.answer(api, method, request_, ("If-Match", STALE), ("If-Match", await tag(api)))

        assert answer.is_success

    @pytest.mark.parametrize(
        ("name", "form"),
        [
            ("If-Match", STALE),
            ("If-Match", "W/{0}"),
            ("If-Match", '""'),
            ("If-Match", '"\xff"'),
            ("If-None-Match", "*"),
            ("If-None-Match", "{0}"),
            ("If-None-Match", "W/{0}"),
            ("If-None-Match", '"x",{0}'),
        ],
    )
    async def test_another_version_is_left_as_it_is(
        self, api: httpx.AsyncClient, method: str, request_: dict[str, Any], name: str, form: str
    ) -> None:
        before = await one(api)

        answer = await self.answer(api, method, request_, (name, form.format(await tag(api))))

        assert (answer.status_code, problem(answer)["code"]) == (412, "precondition-failed")
        assert await one(api) == before

    async def test_both_fields_have_to_hold(
        self, api: httpx.AsyncClient, method: str, request_: dict[str, Any]
    ) -> None:
        known = await tag(api)

        refused = await self.answer(api, method, request_, ("If-Match", known), ("If-None-Match", known))
        taken = await self.answer(api, method, request_, ("If-Match", known), ("If-None-Match", STALE))

        assert (refused.status_code, taken.is_success) == (412, True)

    @pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
    @pytest.mark.parametrize(
        "value",
        [
            "",
            ",",
            "x",
            '"x',
            'x"',
            "'x'",
            '"a" "b"',
            '"a b"',
            'w/"a"',
            'W/ "a"',
            '*, "a"',
            "**",
            '"*',
            '"a";',
        ],
    )
    async def test_a_malformed_field_is_refused(
        self, api: httpx.AsyncClient, method: str, request_: dict[str, Any], name: str, value: str
    ) -> None:
        before = await one(api)

        answer = await self.answer(api, method, request_, (name, value))

        assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-header")
        assert name in answer.json()["detail"]
        assert await one(api) == before

    async def test_an_idempotency_key_is_refused(
        self, api: httpx.AsyncClient, method: str, request_: dict[str, Any]
    ) -> None:
        before = await one(api)

        answer = await self.answer(api, method, request_, ("Idempotency-Key", "1"))

        assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-idempotency-key")
        assert await one(api) == before

    async def test_a_query_parameter_is_refused(
        self, api: httpx.AsyncClient, method: str, request_: dict[str, Any]
    ) -> None:
        answer = await api.request(method, "/data/one?force=1", **request_)

        assert (answer.status_code, problem(answer)["code"]) == (400, "unknown-parameter")

    async def test_where_the_service_wants_a_version_a_change_without_is_refused(
        self, method: str, request_: dict[str, Any]
    ) -> None:
        async with running(service(api={"require_if_match": True})) as api:
            await api.post("/data", json={"_id": "one", "sku": "A"})
            before = await one(api)
            refused = await self.answer(api, method, request_)
            also = await self.answer(api, method, request_, ("If-None-Match", STALE))
            unchanged = await one(api) == before
            taken = await self.answer(api, method, request_, ("If-Match", await tag(api)))
            new = await api.put("/data/new", json={})

        for each in (refused, also):
            assert (each.status_code, problem(each)["code"]) == (428, "precondition-required")
        assert unchanged
        assert taken.is_success
        assert new.status_code == 201


async def test_a_post_with_if_match_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json={"sku": "B"}, headers={"If-Match": "*"})

    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-header")
    assert len((await api.get("/data")).json()["items"]) == 1


async def test_a_read_with_an_idempotency_key_is_refused(api: httpx.AsyncClient) -> None:
    answer = await api.get("/data/one", headers={"Idempotency-Key": "1"})

    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-idempotency-key")


DEEP = b'{"a":' * 32 + b"1" + b"}" * 32
BAD: list[tuple[str, dict[str, str], bytes, int, str]] = [
    ("PUT", JSON, b"", 400, "malformed-json"),
    ("PUT", JSON, b"{", 400, "malformed-json"),
    ("PUT", JSON, b"[]", 422, "not-an-object"),
    ("PUT", JSON, b'{"sku": "B", "_mine": 1}', 422, "reserved-name"),
    ("PUT", JSON, b'{"sku": "B", "a": NaN}', 422, "not-a-number"),
    ("PUT", JSON, b'{"sku": "B", "sku": "C"}', 422, "duplicate-name"),
    ("PUT", JSON, b"{}", 422, "required"),
    ("PUT", JSON, b'{"sku": ["B"]}', 422, "type"),
    ("PUT", JSON, b'{"sku": "B", "n": -1}', 422, "minimum"),
    ("PUT", {"Content-Type": "text/plain"}, b'{"sku": "B"}', 415, "unsupported-media-type"),
    ("PUT", JSON, b'{"sku": "%b"}' % (b"x" * 2000), 413, "body-too-large"),
    ("PATCH", MERGE, b"", 400, "malformed-json"),
    ("PATCH", MERGE, b"{", 400, "malformed-json"),
    ("PATCH", MERGE, b"null", 422, "not-an-object"),
    ("PATCH", MERGE, b"[]", 422, "not-an-object"),
    ("PATCH", MERGE, b'{"sku": null}', 422, "required"),
    ("PATCH", MERGE, b'{"n": -1}', 422, "minimum"),
    ("PATCH", MERGE, b'{"_id": "one"}', 422, "reserved-name"),
    ("PATCH", MERGE, b'{"_etag": null}', 422, "reserved-name"),
    ("PATCH", MERGE, b'{"_mine": 1}', 422, "reserved-name"),
    ("PATCH", MERGE, b'{"$set": {"n": 2}}', 422, "invalid-name"),
    ("PATCH", MERGE, b'{"a.b": 1}', 422, "invalid-name"),
    ("PATCH", MERGE, b'{"a": "\\u0000"}', 422, "nul"),
    ("PATCH", MERGE, b'{"a": 1e999}', 422, "number-out-of-range"),
    ("PATCH", MERGE, DEEP.replace(b"1", b"[1]"), 422, "too-deep"),
    ("PATCH", PATCH, b"", 400, "malformed-json"),
    ("PATCH", PATCH, b"[", 400, "malformed-json"),
    ("PATCH", PATCH, b"{}", 400, "invalid-patch"),
    ("PATCH", PATCH, b"[0]", 400, "invalid-patch"),
    ("PATCH", PATCH, b'[{"op": "add", "path": "n", "value": 1}]', 400, "invalid-patch"),
    ("PATCH", PATCH, b'[{"op": "eval", "path": "/n", "value": 1}]', 400, "invalid-patch"),
    ("PATCH", PATCH, b'[{"op": "add", "path": "/n"}]', 400, "invalid-patch"),
    ("PATCH", PATCH, b'[{"op": "remove", "path": "/m"}]', 409, "patch-conflict"),
    ("PATCH", PATCH, b'[{"op": "test", "path": "/n", "value": "1"}]', 409, "patch-conflict"),
    ("PATCH", PATCH, b'[{"op": "remove", "path": ""}]', 422, "not-an-object"),
    ("PATCH", PATCH, b'[{"op": "add", "path": "", "value": []}]', 422, "not-an-object"),
    ("PATCH", PATCH, b'[{"op": "add", "path": "", "value": {"_id": "x"}}]', 422, "reserved-name"),
    ("PATCH", PATCH, b'[{"op": "add", "path": "/_id", "value": "x"}]', 422, "reserved-name"),
    ("PATCH", PATCH, b'[{"op": "move", "from": "/_etag", "path": "/n"}]', 422, "reserved-name"),
    ("PATCH", PATCH, b'[{"op": "remove", "path": "/_created_at"}]', 422, "reserved-name"),
    ("PATCH", PATCH, b'[{"op": "test", "path": "/_updated_at/x", "value": 1}]', 422, "reserved-name"),
    ("PATCH", PATCH, b'[{"op": "add", "path": "/$set", "value": 1}]', 422, "invalid-name"),
    ("PATCH", PATCH, b'[{"op": "add", "path": "/a.b", "value": 1}]', 422, "invalid-name"),
    ("PATCH", PATCH, b'[{"op": "remove", "path": "/sku"}]', 422, "required"),
    ("PATCH", PATCH, b'[{"op": "add", "path": "/n", "value": 1.5}]', 422, "type"),
    (
        "PATCH",
        PATCH,
        b'[{"op": "add", "path": "/d", "value": %b}, {"op": "copy", "from": "/d", "path": "/d/a/x"}]'
        % DEEP[5:-1],
        422,
        "too-deep",
    ),
    ("PATCH", PATCH, b"[%b]" % b",".join([b'{"op":"copy","from":"","path":"/x"}'] * 50), 422, "too-large"),
]


@pytest.mark.parametrize(("method", "headers", "body", "status", "code"), BAD)
async def test_what_cannot_be_done_is_refused_and_changes_nothing(
    api: httpx.AsyncClient, method: str, headers: dict[str, str], body: bytes, status: int, code: str
) -> None:
    before = (await api.get("/data")).content

    answer = await api.request(method, "/data/one", content=body, headers=headers)

    refused = problem(answer)
    assert answer.status_code == status, answer.text
    assert code in {refused["code"], *(each["code"] for each in refused.get("errors", ()))}
    assert (await api.get("/data")).content == before


class BusyRepository(MemoryRepository):
    """Somebody else is always faster, or is so often."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._times = times

    async def replace(self, old: Stored, new: Document) -> bool:
        if self._times > 0:
            self._times -= 1
            return False
        return await super().replace(old, new)


@pytest.mark.parametrize(("times", "status"), [(ATTEMPTS - 1, 200), (ATTEMPTS, 409)])
async def test_a_change_is_tried_again_but_not_for_ever(times: int, status: int) -> None:
    async with running(service(BusyRepository(times))) as api:
        await api.post("/data", json={"_id": "one", "list": []})
        operations = [{"op": "add", "path": "/list/-", "value": 1}]
        answer = await api.patch("/data/one", json=operations, headers=PATCH)
        document = await one(api)

    assert answer.status_code == status
    assert document["list"] == ([1] if status == 200 else [])
    if status == 409:
        assert problem(answer)["code"] == "contended"
        assert "nothing was stored" in answer.json()["detail"]
