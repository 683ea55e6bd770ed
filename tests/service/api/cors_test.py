"""Calls from web pages."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.api import problem, running, service

SHOP = "https://shop.example.com"
PREFLIGHT = {
    "Origin": SHOP,
    "Access-Control-Request-Method": "POST",
    "Access-Control-Request-Headers": "authorization, content-type",
}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    auth = {"mode": "APIKey", "keys_folder": tmp_path}
    async with running(service(api={"auth": auth, "cors": {"allowed_origins": [SHOP]}})) as client:
        yield client


async def test_a_page_that_may_call_is_told_so_before_it_sends_a_credential(api: httpx.AsyncClient) -> None:
    answer = await api.options("/data", headers=PREFLIGHT)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "POST" in answer.headers["access-control-allow-methods"]
    assert "authorization" in answer.headers["access-control-allow-headers"].lower()
    assert "access-control-allow-credentials" not in answer.headers


async def test_it_can_read_answers_refusals_too(api: httpx.AsyncClient) -> None:
    answer = await api.get("/data", headers={"Origin": SHOP})
    assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated")
    assert answer.headers["access-control-allow-origin"] == SHOP
    assert "ETag" in answer.headers["access-control-expose-headers"]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_it_may_change_a_version_that_it_names(api: httpx.AsyncClient, method: str) -> None:
    asked = {"Access-Control-Request-Method": method, "Access-Control-Request-Headers": "if-match"}

    answer = await api.options("/data/one", headers={**PREFLIGHT, **asked})

    assert answer.status_code == 200
    assert method in answer.headers["access-control-allow-methods"]
    assert "if-match" in answer.headers["access-control-allow-headers"].lower()
    read = await api.get("/data", headers={"Origin": SHOP})
    assert "Accept-Patch" in read.headers["access-control-expose-headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", f"{SHOP}.evil.example", f"{SHOP}:8443", "null"])
async def test_a_page_of_another_origin_is_not(api: httpx.AsyncClient, origin: str) -> None:
    for answer in (
        await api.options("/data", headers={**PREFLIGHT, "Origin": origin}),
        await api.get("/data", headers={"Origin": origin}),
    ):
        assert "access-control-allow-origin" not in answer.headers


async def test_any_page_may_where_all_may() -> None:
    async with running(service(api={"cors": {"allowed_origins": ["*"]}})) as api:
        answer = await api.get("/data", headers={"Origin": "https://anywhere.example"})
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in answer.headers


async def test_unless_asked_for_no_page_may_call() -> None:
    async with running(service()) as api:
        preflight = await api.options("/data", headers=PREFLIGHT)
        answer = await api.get("/data", headers={"Origin": SHOP})
    assert preflight.status_code == 405
    assert "access-control-allow-origin" not in answer.headers
