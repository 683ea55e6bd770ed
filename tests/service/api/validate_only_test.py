"""POST /data?validate_only=true."""

from typing import Any

import httpx
import pytest

from dataservice.domain.document import Document
from dataservice.errors import StoreUnavailable
from dataservice.storage.memory import MemoryRepository
from tests.support.api import problem, running, service

SCHEMA = {"properties": {"n": {"type": "integer"}}}


class Away(MemoryRepository):
    """A store that does not answer."""

    async def insert(self, _document: Document) -> None:
        raise StoreUnavailable("nowhere")


async def asked(body: Any, query: str = "validate_only=true") -> httpx.Response:
    async with running(service(Away(), schema=SCHEMA)) as api:
        return await api.post(f"/data?{query}", json=body)


async def test_a_document_that_could_be_stored_is_told_so_without_the_store() -> None:
    answer = await asked({"_id": "mine", "n": 1})

    assert (answer.status_code, answer.json()) == (200, {"status": 201})
    assert "location" not in answer.headers


async def test_a_document_that_could_not_is_refused_as_ever() -> None:
    answer = await asked({"n": "1"})

    assert (answer.status_code, problem(answer)["errors"][0]["pointer"]) == (422, "/n")


async def test_each_item_of_an_array_has_the_status_that_it_would_have() -> None:
    answer = await asked([{"_id": "one"}, {"n": "1"}, {"_id": "one"}, {}])

    items = answer.json()["items"]
    assert answer.status_code == 200
    assert [(item["index"], item["status"]) for item in items] == [(0, 201), (1, 422), (2, 409), (3, 201)]
    assert [item["error"]["code"] for item in items[1:3]] == ["invalid-document", "duplicate"]


async def test_nothing_is_stored(api: httpx.AsyncClient) -> None:
    for body in ({"n": 1}, [{"n": 1}]):
        assert (await api.post("/data?validate_only=true", json=body)).status_code == 200

    assert (await api.get("/data")).json()["items"] == []


@pytest.mark.parametrize(
    "query", ["validate_only=false", "validate_only=1", "validate_only=", "validate_only"]
)
async def test_it_is_true_or_not_there(query: str) -> None:
    answer = await asked({}, query)

    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-parameter")


async def test_without_it_the_store_is_needed() -> None:
    assert (await asked({}, "")).status_code == 503
