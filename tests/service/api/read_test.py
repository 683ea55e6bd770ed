"""GET /data and GET /data/{id}."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dataservice.domain.cursor import CursorSigner
from dataservice.storage.memory import MemoryRepository
from tests.support.api import problem, running, service
from tests.support.documents import document


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    """Five documents, and a bound of four to a page."""
    async with running(service(api={"limits": {"max_page_size": 4}})) as client:
        for number in range(5):
            await client.post("/data", json={"_id": f"d{number}", "n": number})
        yield client


def ids(page: dict[str, Any]) -> list[str]:
    return [item["_id"] for item in page["items"]]


async def test_a_list_is_walked_by_its_cursors(api: httpx.AsyncClient) -> None:
    seen: list[dict[str, Any]] = [(await api.get("/data?limit=2")).json()]
    while cursor := seen[-1]["next"]:
        seen.append((await api.get("/data", params={"limit": 2, "cursor": cursor})).json())

    assert [ids(page) for page in seen] == [["d0", "d1"], ["d2", "d3"], ["d4"]]
    assert [page["has_more"] for page in seen] == [True, True, False]


async def test_the_limit_may_change_from_page_to_page(api: httpx.AsyncClient) -> None:
    first = (await api.get("/data?limit=1")).json()

    second = (await api.get("/data", params={"limit": 3, "cursor": first["next"]})).json()

    assert ids(second) == ["d1", "d2", "d3"]


async def test_without_a_limit_a_page_has_no_more_than_the_bound(api: httpx.AsyncClient) -> None:
    assert len((await api.get("/data")).json()["items"]) == 4


async def test_an_empty_list_has_no_next_page() -> None:
    async with running(service()) as api:
        assert (await api.get("/data")).json() == {"items": [], "next": None, "has_more": False}


@pytest.mark.parametrize("size", [4000, 5966])
async def test_a_list_goes_on_after_an_id_that_is_as_long_as_a_url_can_hold(size: int) -> None:
    """Other programs may have chosen it."""
    async with running(service(await holding("a" * size, "b"))) as api:
        first = (await api.get("/data?limit=1")).json()
        second = await api.get("/data", params={"limit": 1, "cursor": first["next"]})

    assert ids(second.json()) == ["b"]


async def test_a_page_that_would_end_at_a_longer_id_is_refused_and_one_that_does_not_is_given() -> None:
    async with running(service(await holding("a" * 6000, "b", "c"))) as api:
        refused = await api.get("/data?limit=1")
        given = await api.get("/data?limit=2")

    assert (refused.status_code, problem(refused)["code"]) == (409, "position-too-long")
    assert "another limit" in refused.json()["detail"]
    assert (ids(given.json())[1], given.json()["has_more"]) == ("b", True)


async def holding(*document_ids: str) -> MemoryRepository:
    repository = MemoryRepository()
    for each in document_ids:
        await repository.insert(document(document_id=each))
    return repository


@pytest.mark.parametrize("limit", ["0", "5", "-1", "+1", "1.0", "", "x", "٣", "1" * 30, "1e0", " 1"])
async def test_a_limit_out_of_bounds_is_refused(api: httpx.AsyncClient, limit: str) -> None:
    answer = await api.get("/data", params={"limit": limit})

    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-parameter")
    assert "1 to 4" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("sku=A-1", "unknown-parameter", "'sku'"),
        ("Limit=1", "unknown-parameter", "limit, cursor"),
        ("limit=1&limit=2", "invalid-parameter", "twice"),
        ("&".join(["a=1"] * 100), "invalid-parameter", "64"),
        ("%ff=1", "unknown-parameter", "unknown"),
    ],
)
async def test_a_query_that_is_not_understood_is_refused(
    api: httpx.AsyncClient, query: str, code: str, said: str
) -> None:
    answer = await api.get(f"/data?{query}")

    assert (answer.status_code, problem(answer)["code"]) == (400, code)
    assert said in answer.json()["detail"]


@pytest.mark.parametrize(
    "cursor",
    [
        "",
        "x",
        "!!!!",
        "é",
        "d1",
        "A" * 43,
        "A" * 8100,
        CursorSigner(b"another key" * 3).sign("d1", "sort=_id"),
    ],
)
async def test_a_cursor_that_was_not_made_here_is_refused(api: httpx.AsyncClient, cursor: str) -> None:
    answer = await api.get("/data", params={"cursor": cursor})

    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-cursor")


async def test_a_document_is_read_by_its_id(api: httpx.AsyncClient) -> None:
    answer = await api.get("/data/d3")

    assert answer.status_code == 200
    assert answer.json()["n"] == 3
    assert answer.headers["etag"] == f'"{answer.json()["_etag"]}"'


@pytest.mark.parametrize("document_id", ["d9", "d3:verb", "d3%20", "%C3%A9", "a" * 129, "%00", "d3%0a"])
async def test_an_id_that_nothing_has_is_not_found(api: httpx.AsyncClient, document_id: str) -> None:
    answer = await api.get(f"/data/{document_id}")

    assert (answer.status_code, problem(answer)["code"]) == (404, "document-not-found")


@pytest.mark.parametrize("known", ["{0}", "W/{0}", '"x", {0}', "*"])
async def test_a_client_that_knows_the_version_is_not_sent_it_again(
    api: httpx.AsyncClient, known: str
) -> None:
    etag = (await api.get("/data/d3")).headers["etag"]

    answer = await api.get("/data/d3", headers={"If-None-Match": known.format(etag)})

    assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", etag)


async def test_the_versions_that_a_client_knows_may_stand_in_several_fields(api: httpx.AsyncClient) -> None:
    etag = (await api.get("/data/d3")).headers["etag"]

    answer = await api.get("/data/d3", headers=[("If-None-Match", '"x"'), ("If-None-Match", etag)])

    assert answer.status_code == 304


@pytest.mark.parametrize("known", ['"x"', "x", ""])
async def test_a_client_that_knows_another_version_is_sent_this_one(
    api: httpx.AsyncClient, known: str
) -> None:
    answer = await api.get("/data/d3", headers={"If-None-Match": known})

    assert answer.status_code == 200


@pytest.mark.parametrize("path", ["/data/d3", "/schema", "/openapi.json"])
async def test_a_query_parameter_where_none_is_known_is_refused(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(f"{path}?limit=1")

    assert (answer.status_code, problem(answer)["code"]) == (400, "unknown-parameter")


@pytest.mark.parametrize("path", ["/data", "/data/d3", "/schema", "/openapi.json"])
async def test_head_is_get_without_the_body(api: httpx.AsyncClient, path: str) -> None:
    get, head = await api.get(path), await api.head(path)

    differing = {"x-request-id"}
    assert (head.status_code, head.content) == (200, b"")
    assert {k: v for k, v in head.headers.items() if k not in differing} == {
        k: v for k, v in get.headers.items() if k not in differing
    }
