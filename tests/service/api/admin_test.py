"""The admin port's pages."""

import asyncio
from pathlib import Path

import httpx
import pytest

from dataservice.app import Service
from dataservice.errors import StoreUnavailable
from dataservice.storage.memory import MemoryRepository
from tests.support.api import client, running, service


class AwayRepository(MemoryRepository):
    where = "db:27017"

    async def ping(self) -> None:
        raise StoreUnavailable(self.where)


async def page(of: Service, path: str, method: str = "GET") -> httpx.Response:
    async with running(of), client(of.admin) as admin:
        await asyncio.sleep(0)  # the making of indexes has its turn
        return await admin.request(method, path)


async def test_a_ready_process_says_no_more() -> None:
    answer = await page(service(), "/readyz")

    assert (answer.status_code, answer.json()) == (200, {"ready": True})


async def test_a_process_without_its_store_says_why_and_stays_alive() -> None:
    away = service(AwayRepository())

    answers = [await page(away, path) for path in ("/readyz", "/livez", "/startupz")]

    assert [answer.status_code for answer in answers] == [503, 200, 200]
    assert answers[0].json() == {
        "ready": False,
        "reason": "DatabaseUnreachable",
        "message": "the store at db:27017 does not answer",
    }


async def test_the_last_answer_about_readiness_is_a_metric() -> None:
    one = service()
    async with running(one), client(one.admin) as admin:
        await asyncio.sleep(0)  # the making of indexes has its turn
        assert "dataservice_ready 0.0" in (await admin.get("/metrics")).text
        await admin.get("/readyz")
        assert "dataservice_ready 1.0" in (await admin.get("/metrics")).text
        one.readiness.drain()
        await admin.get("/readyz")
        assert "dataservice_ready 0.0" in (await admin.get("/metrics")).text


async def test_metrics_are_prometheus_text() -> None:
    answer = await page(service(), "/metrics")

    assert answer.headers["content-type"].startswith("text/plain; version=")
    assert "dataservice_http_requests_in_flight 0.0" in answer.text.splitlines()
    assert "dataservice_build_info{version=" in answer.text


async def test_two_services_in_one_process_count_apart() -> None:
    one, other = service(), service()
    async with running(one) as api:
        await api.post("/data", json={})

    assert 'route="/data"' in (await page(one, "/metrics")).text
    assert 'route="/data"' not in (await page(other, "/metrics")).text


async def test_a_forged_path_or_method_makes_no_metric_of_its_own() -> None:
    of = service()
    async with running(of) as api:
        await api.get("/nowhere/at-all")
        await api.request("BREW", "/data")

    text = (await page(of, "/metrics")).text
    assert 'method="GET",route="unmatched",status="404"' in text
    assert 'method="other",route="/data",status="405"' in text
    assert "BREW" not in text
    assert "at-all" not in text


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("POST", "/livez", 405), ("HEAD", "/livez", 200)]
)
async def test_other_paths_and_methods_are_refused(method: str, path: str, status: int) -> None:
    assert (await page(service(), path, method)).status_code == status


async def test_problems_are_counted_by_their_code_and_callers_by_why_they_were_not_let_in(
    tmp_path: Path,
) -> None:
    of = service(api={"auth": {"mode": "APIKey", "keys_folder": tmp_path}})
    async with running(of) as api:
        await api.get("/data")
        await api.get("/data", headers={"Authorization": "Bearer x"})
        await api.get("/data?" + "x" * 9000)

    lines = (await page(of, "/metrics")).text.splitlines()
    assert 'dataservice_http_problems_total{code="unauthenticated"} 2.0' in lines
    assert 'dataservice_http_problems_total{code="url-too-long"} 1.0' in lines
    assert 'dataservice_auth_failures_total{reason="missing"} 1.0' in lines
    assert 'dataservice_auth_failures_total{reason="invalid"} 1.0' in lines
