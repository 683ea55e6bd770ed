"""POST /data:import."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from dataservice.domain.document import Document
from dataservice.errors import StoreUnavailable
from dataservice.storage.memory import MemoryRepository
from tests.support.api import problem, running, service

LINES = {"Content-Type": "application/x-ndjson"}
SCHEMA = {"required": ["sku"], "properties": {"quantity": {"type": "integer", "minimum": 1}}}
UNIQUE_SKU = b'[{"fields": ["sku"], "unique": true}]'


@pytest.fixture
async def shop() -> AsyncIterator[httpx.AsyncClient]:
    async with running(service(schema=SCHEMA, indexes=UNIQUE_SKU)) as client:
        yield client


async def sent(api: httpx.AsyncClient, body: bytes | AsyncIterator[bytes], query: str = "") -> dict[str, Any]:
    answer = await api.post(f"/data:import{query}", content=body, headers=LINES)
    assert answer.status_code == 200, answer.text
    report: dict[str, Any] = answer.json()
    assert report["read"] == sum(report[each] for each in ("stored", "duplicates", "failed", "unknown"))
    return report


async def stored(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.get("/data?limit=1000")).json()["items"]
    return items


async def test_each_line_is_stored_as_a_document_in_their_order(api: httpx.AsyncClient) -> None:
    report = await sent(api, b'{"n": 1}\r\n\n  \n{"_id": "mine", "n": 2}\n{"n": 3}')

    assert report == {"read": 3, "stored": 3, "duplicates": 0, "failed": 0, "unknown": 0, "errors": []}
    items = await stored(api)
    assert {each["n"] for each in items} == {1, 2, 3}
    assert all(each["_etag"] for each in items)
    assert (await api.get("/data/mine")).json()["n"] == 2


async def test_a_line_that_cannot_be_stored_is_told_and_the_rest_goes_on(shop: httpx.AsyncClient) -> None:
    lines = [
        b'{"sku": 1}',
        b'{"sku": 2',
        b"",
        b'{"sku": 3, "quantity": 0}',
        b'[{"sku": 4}]',
        b'{"sku": 5, "sku": 5}',
        b'{"sku": NaN}',
        b'{"sku": "\xff"}',
        b'{"_request": 1, "sku": 6}',
        b'{"sku": 1}',
        b'{"sku": 7}',
    ]

    report = await sent(shop, b"\n".join(lines))

    assert (report["stored"], report["failed"]) == (2, 8)
    assert [(each["line"], each["status"], each["code"]) for each in report["errors"]] == [
        (2, 400, "malformed-json"),
        (4, 422, "invalid-document"),
        (5, 422, "invalid-document"),
        (6, 422, "invalid-document"),
        (7, 422, "invalid-document"),
        (8, 400, "malformed-json"),
        (9, 422, "invalid-document"),
        (10, 409, "duplicate"),
    ]
    assert report["errors"][1]["errors"][0]["pointer"] == "/quantity"
    assert all(each["detail"] for each in report["errors"])
    assert {each["sku"] for each in await stored(shop)} == {1, 7}


async def test_sent_again_with_ids_of_its_own_an_import_stores_nothing_twice(shop: httpx.AsyncClient) -> None:
    body = b"".join(b'{"_id": "order-%d", "sku": %d}\n' % (n, n) for n in range(700))

    first, second = await sent(shop, body), await sent(shop, body + b'{"_id": "new", "sku": "new"}')

    assert (first["stored"], first["duplicates"]) == (700, 0)
    assert (second["stored"], second["duplicates"], second["failed"], second["errors"]) == (1, 700, 0, [])


async def test_a_stream_in_pieces_is_as_good_as_a_whole(api: httpx.AsyncClient) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for piece in (b'{"n"', b": 1}\n{", b'"n": 2}', b"\n"):
            yield piece

    assert (await sent(api, pieces()))["stored"] == 2


async def test_a_line_has_the_bound_of_a_body_and_the_whole_has_none() -> None:
    line = b'{"text": "%b"}\n' % (b"x" * 100)
    async with running(service(api={"limits": {"max_body_bytes": 200}})) as api:
        report = await sent(api, line * 50 + b'{"text": "%b"}\n' % (b"x" * 300) + line)

    assert (report["stored"], report["failed"]) == (51, 1)
    assert [(each["line"], each["code"]) for each in report["errors"]] == [(51, "line-too-long")]


@pytest.mark.parametrize("declared", [True, False])
async def test_the_whole_has_a_bound_where_one_is_set(*, declared: bool) -> None:
    async def undeclared() -> AsyncIterator[bytes]:
        yield b"{}\n" * 20

    async with running(service(api={"limits": {"max_import_bytes": 50}})) as api:
        body = b"{}\n" * 20 if declared else undeclared()
        answer = await api.post("/data:import", content=body, headers=LINES)

    assert (answer.status_code, problem(answer)["code"]) == (413, "body-too-large")


async def test_where_a_bound_ends_an_import_it_is_told_how_far_it_came() -> None:
    async def lines() -> AsyncIterator[bytes]:
        for _ in range(1000):
            yield b"{}\n"

    async with running(service(api={"limits": {"max_import_bytes": 3 * 700}})) as api:
        answer = await api.post("/data:import", content=lines(), headers=LINES)

        told = problem(answer)["import"]
        assert (answer.status_code, told["read"], told["stored"]) == (413, 500, 500)
        assert len(await stored(api)) == 500


async def test_the_lines_that_are_named_are_bounded(api: httpx.AsyncClient) -> None:
    report = await sent(api, b'{"a": [NaN, NaN]}\n' * 1000)

    assert (report["failed"], len(report["errors"])) == (1000, 100)
    assert {len(each["errors"]) for each in report["errors"]} == {1}


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/jsonl; charset=utf-8"])
async def test_lines_are_known_by_both_their_names(api: httpx.AsyncClient, content_type: str) -> None:
    answer = await api.post("/data:import", content=b"{}", headers={"Content-Type": content_type})

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "application/json"},
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/x-ndjson; charset=latin-1"},
        {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"},
    ],
)
async def test_what_is_not_declared_as_lines_is_refused(
    api: httpx.AsyncClient, headers: dict[str, str]
) -> None:
    answer = await api.post("/data:import", content=b"{}", headers=headers)

    assert (answer.status_code, problem(answer)["code"]) == (415, "unsupported-media-type")
    assert answer.headers["accept-post"] == "application/x-ndjson, application/jsonl"
    assert await stored(api) == []


@pytest.mark.parametrize(
    ("query", "headers", "code"),
    [
        ("?limit=1", {}, "unknown-parameter"),
        ("?validate_only=no", {}, "invalid-parameter"),
        ("", {"Idempotency-Key": "a"}, "invalid-idempotency-key"),
    ],
)
async def test_what_would_be_ignored_is_refused(
    api: httpx.AsyncClient, query: str, headers: dict[str, str], code: str
) -> None:
    answer = await api.post(f"/data:import{query}", content=b"{}", headers=LINES | headers)

    assert (answer.status_code, problem(answer)["code"]) == (400, code)
    assert await stored(api) == []


async def test_validated_only_nothing_is_stored(shop: httpx.AsyncClient) -> None:
    report = await sent(shop, b'{"sku": 1}\n{}\n{"sku": 2}', "?validate_only=true")

    assert (report["stored"], report["failed"]) == (2, 1)
    assert await stored(shop) == []


class Failing(MemoryRepository):
    """A store that is away from its third batch on, and knows how much was read before each."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[int] = []

    async def insert_many(self, documents: Sequence[Document]) -> tuple[Exception | None, ...]:
        self.batches.append(len(documents))
        if len(self.batches) == 3:
            raise StoreUnavailable("nowhere")
        return await super().insert_many(documents)


async def test_where_the_store_goes_away_it_is_told_how_far_the_import_came() -> None:
    store = Failing()
    read = 0

    async def lines() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(10_000):
            read += 1
            yield b"{}\n"

    async with running(service(store)) as api:
        answer = await api.post("/data:import", content=lines(), headers=LINES)

    told = problem(answer)
    assert (answer.status_code, told["code"], answer.headers["connection"]) == (
        503,
        "store-unavailable",
        "close",
    )
    assert told["import"] == {
        "read": 1500,
        "stored": 1000,
        "duplicates": 0,
        "failed": 0,
        "unknown": 500,
        "errors": [],
    }
    assert read == 1500


async def test_a_batch_is_bounded_by_documents_and_by_bytes() -> None:
    store = Failing()
    async with running(service(store)) as api:
        await sent(api, b"{}\n" * 600)
        store.batches.clear()
        await sent(api, b'{"text": "%b"}\n' % (b"x" * 600_000) * 3)

    assert store.batches == [2, 1]


@pytest.mark.parametrize("body", [b"", b"\n", b" \n\n \r\n"])
async def test_of_nothing_nothing_is_stored(api: httpx.AsyncClient, body: bytes) -> None:
    assert (await sent(api, body))["read"] == 0
