"""`/data:export`, as a client meets it. Its end in the middle is in tests/contract/export_process_test.py."""

import json

import httpx
import pytest

from dataservice.domain.page import Page, PageQuery
from dataservice.errors import StoreUnavailable
from dataservice.storage.memory import MemoryRepository
from tests.support.api import problem, running, service
from tests.support.documents import document


class Counting(MemoryRepository):
    """Remembers how large the pages were that it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.pages: list[tuple[int, int]] = []

    async def page(self, query: PageQuery) -> Page:
        page = await super().page(query)
        self.pages.append((len(page.items), sum(len(each.json) for each in page.items)))
        return page


class Away(MemoryRepository):
    async def page(self, query: PageQuery) -> Page:  # noqa: ARG002 - the Protocol names it
        raise StoreUnavailable("nowhere")


async def test_an_export_has_every_document_as_it_is_read_a_line_each_in_the_order_of_their_ids(
    api: httpx.AsyncClient,
) -> None:
    for n in range(250):
        await api.post("/data", json={"_id": f"d{(n * 7) % 250:03}", "text": "zwei\nZeilen"})

    answer = await api.get("/data:export")

    lines = answer.content.splitlines(keepends=True)
    assert [json.loads(line)["_id"] for line in lines] == [f"d{n:03}" for n in range(250)]
    assert lines[7] == (await api.get("/data/d007")).content + b"\n"


async def test_an_export_of_some_has_those_that_meet_the_filter_and_of_them_the_fields() -> None:
    schema = {"type": "object", "properties": {"n": {"type": "integer"}}}
    async with running(service(schema=schema)) as api:
        for n in range(250):
            await api.post("/data", json={"_id": f"d{n:03}", "n": n % 2, "text": "long"})

        answer = await api.get("/data:export", params={"filter": '{"n": 1}', "fields": "n"})
        short = await api.get("/data:export", params={"n": "1", "fields": "n"})

    lines = [json.loads(line) for line in answer.text.splitlines()]
    assert lines == [{"_id": f"d{n:03}", "n": 1} for n in range(1, 250, 2)]
    assert short.text == answer.text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("filter={", "invalid-filter"),
        ("fields=_hidden", "invalid-fields"),
        ("limit=1", "unknown-parameter"),
        ("sort=n", "unknown-parameter"),
    ],
)
async def test_an_export_that_asks_for_what_there_is_not_is_refused(
    api: httpx.AsyncClient, query: str, code: str
) -> None:
    answer = await api.get(f"/data:export?{query}")

    assert (answer.status_code, problem(answer)["code"]) == (400, code)


async def test_an_export_is_a_file_of_ndjson_that_no_cache_keeps(api: httpx.AsyncClient) -> None:
    answer, head = await api.get("/data:export"), await api.head("/data:export")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.headers["content-disposition"] == 'attachment; filename="data.ndjson"'
    assert answer.headers["cache-control"] == "no-store"
    assert {**head.headers, "x-request-id": ""} == {**answer.headers, "x-request-id": ""}


async def test_a_document_that_is_named_like_the_export_is_still_a_document(api: httpx.AsyncClient) -> None:
    await api.post("/data", json={"_id": "export"})

    assert (await api.get("/data/export")).json()["_id"] == "export"
    assert problem(await api.get("/data/:export"))["code"] == "document-not-found"


async def test_pages_are_small_where_documents_are_large_and_large_where_they_are_small() -> None:
    store = Counting()
    for n in range(3000):
        await store.insert(document({}, document_id=f"a{n:04}"))
    for n in range(2000):
        await store.insert(document({"text": "x" * 20_000}, document_id=f"b{n:04}"))
    async with running(service(store)) as api:
        answer = await api.get("/data:export")

    assert answer.content.count(b"\n") == 5000
    assert max(count for count, _ in store.pages) == 1000
    assert max(size for _, size in store.pages[-20:]) < 1_100_000


async def test_a_store_that_is_away_from_the_start_is_a_problem() -> None:
    async with running(service(Away())) as api:
        answer = await api.get("/data:export")

    assert (answer.status_code, problem(answer)["code"]) == (503, "store-unavailable")


@pytest.mark.parametrize("target", ["/data:export?limit=1", "/data:export?cursor=x"])
async def test_an_export_has_no_pages_to_ask_for(api: httpx.AsyncClient, target: str) -> None:
    assert problem(await api.get(target))["code"] == "unknown-parameter"
