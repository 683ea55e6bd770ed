"""What holds for every request: ids, limits, methods, and answers to failures."""

import logging
from collections.abc import AsyncIterator

import httpx
import pytest

from dataservice import logs
from dataservice.domain.document import Document, Stored
from dataservice.errors import StoreAuthFailed, StoreUnavailable
from dataservice.storage.memory import MemoryRepository
from tests.support.api import problem, running, service


async def test_a_request_id_is_made_and_echoed(api: httpx.AsyncClient) -> None:
    first, second = await api.get("/data"), await api.get("/data")

    assert len(first.headers["x-request-id"]) == 32
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


async def test_a_sane_request_id_of_the_client_is_kept(api: httpx.AsyncClient) -> None:
    answer = await api.get("/nowhere", headers={"X-Request-Id": "trace:1/2-a"})

    assert answer.headers["x-request-id"] == "trace:1/2-a"
    assert problem(answer)["request_id"] == "trace:1/2-a"


@pytest.mark.parametrize("given", ["", "a b", "a" * 129, "é", '"x"', "<script>"])
async def test_any_other_request_id_is_replaced(api: httpx.AsyncClient, given: str) -> None:
    answer = await api.get("/data", headers=[(b"X-Request-Id", given.encode())])

    assert len(answer.headers["x-request-id"]) == 32


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/data", "GET, HEAD, POST"),
        ("DELETE", "/data", "GET, HEAD, POST"),
        ("OPTIONS", "/data", "GET, HEAD, POST"),
        ("POST", "/data/x", "DELETE, GET, HEAD, PATCH, PUT"),
        ("POST", "/schema", "GET, HEAD"),
        ("BREW", "/data", "GET, HEAD, POST"),
    ],
)
async def test_a_method_that_a_path_lacks_is_refused_with_those_it_has(
    api: httpx.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await api.request(method, path)

    assert (answer.status_code, problem(answer)["code"]) == (405, "method-not-allowed")
    assert answer.headers["allow"] == allowed


@pytest.mark.parametrize("path", ["/", "/nowhere", "/data/", "/data/a/b", "/redoc", "/livez", "/metrics"])
async def test_a_path_that_is_not_served_is_not_found(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(path)

    assert (answer.status_code, problem(answer)["code"]) == (404, "not-found")


class TestLimits:
    @pytest.fixture
    async def api(self) -> AsyncIterator[httpx.AsyncClient]:
        async with running(service(api={"limits": {"max_body_bytes": 100}})) as client:
            yield client

    @staticmethod
    async def chunks(size: int) -> AsyncIterator[bytes]:
        yield b'{"a": "'
        for _ in range(size - 9):
            yield b"x"
        yield b'"}'

    async def test_a_body_of_the_limit_is_taken(self, api: httpx.AsyncClient) -> None:
        body = b'{"a": "%b"}' % (b"x" * 91)
        assert len(body) == 100

        for content in (body, self.chunks(100)):
            answer = await api.post("/data", content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 201

    async def test_a_longer_body_is_refused_declared_or_not(self, api: httpx.AsyncClient) -> None:
        for content in (b'{"a": "%b"}' % (b"x" * 92), self.chunks(101)):
            answer = await api.post("/data", content=content, headers={"Content-Type": "application/json"})

            assert (answer.status_code, problem(answer)["code"]) == (413, "body-too-large")
            assert "100 bytes" in answer.json()["detail"]
            assert answer.headers["connection"] == "close"
        assert (await api.get("/data")).json()["items"] == []

    async def test_a_url_is_bounded(self, api: httpx.AsyncClient) -> None:
        answer = await api.get("/data?cursor=" + "x" * 8200)

        assert (answer.status_code, problem(answer)["code"]) == (414, "url-too-long")

    async def test_headers_are_bounded_together(self, api: httpx.AsyncClient) -> None:
        answer = await api.get("/data", headers={f"X-{n}": "x" * 1000 for n in range(17)})

        assert (answer.status_code, problem(answer)["code"]) == (431, "headers-too-large")


class AwayRepository(MemoryRepository):
    """A store that fails as it is told."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    async def insert(self, document: Document) -> None:  # noqa: ARG002 - fails before it looks
        raise self._error

    async def get(self, document_id: str) -> Stored | None:  # noqa: ARG002 - as above
        raise self._error


@pytest.mark.parametrize(
    "error", [StoreUnavailable("db.internal:27017"), StoreAuthFailed("db.internal:27017")]
)
async def test_while_the_store_is_away_requests_are_told_to_retry(error: Exception) -> None:
    async with running(service(AwayRepository(error))) as api:
        answers = [await api.post("/data", json={}), await api.get("/data/x")]

    for answer in answers:
        assert (answer.status_code, problem(answer)["code"]) == (503, "store-unavailable")
        assert answer.headers["retry-after"] == "1"
        assert "db.internal" not in answer.text


async def test_an_unexpected_error_is_logged_and_not_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with running(service(AwayRepository(RuntimeError("driver text")))) as api:
        answer = await api.get("/data/x")

    assert (answer.status_code, problem(answer)["code"]) == (500, "internal")
    assert "driver text" not in answer.text
    logged = [record for record in caplog.records if record.levelno == logging.ERROR]
    assert [str(record.exc_info[1]) for record in logged if record.exc_info] == ["driver text"]


async def test_the_access_line_holds_no_query_and_no_document(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "dataservice.access")

    await api.post("/data", json={"_id": "x", "password": "hunter2"})
    await api.get("/data?cursor=hunter2")
    await api.get("/data/a%0aforged")

    lines = [record.getMessage() for record in caplog.records if record.name == "dataservice.access"]
    assert lines == ["POST /data", "GET /data", "GET /data/a%0aforged"]
    assert "hunter2" not in caplog.text


async def test_lines_of_a_request_in_a_trace_name_it(api: httpx.AsyncClient) -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    field = ("traceparent", f"00-{trace}-b7ad6b7169203331-01")

    seen = []
    for fields in ([field], [], [field, field]):
        await api.get("/data", headers=fields)
        seen.append(logs.trace_id.get())

    assert seen == [trace, "", ""]
