"""Requests by one key that race or are sent again, through the API, in every store."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from dataservice.domain.repository import Repository
from tests.cluster.mongodb import MongoServer
from tests.contract.service_process_test import DRIVERS, on_mongodb
from tests.contract.stores import Place
from tests.support.api import running
from tests.support.api import service as assembled
from tests.support.service_process import ServiceProcess, Starter

KEY = {"Idempotency-Key": "a-key"}
UNIQUE = b'[{"fields": ["sku"], "unique": true}]'
CREATED, CONFLICT = 201, 409


@pytest.fixture
async def repository(store: Place) -> Repository:
    """The app opens and closes it."""
    return store.repository()


@pytest.fixture(params=[b"[]", UNIQUE], ids=["no index", "a unique index"])
async def api(repository: Repository, request: pytest.FixtureRequest) -> AsyncIterator[httpx.AsyncClient]:
    schema = {"required": ["sku"]}
    parts = assembled(repository, schema=schema, indexes=request.param)
    async with running(parts) as client:
        while not (await parts.readiness.status()).ready:  # noqa: ASYNC110 - it has no event to wait for
            await asyncio.sleep(0)
        yield client


async def answered(api: httpx.AsyncClient, body: Any) -> httpx.Response:
    """Sent again as often as the answer says so."""
    while True:
        answer = await api.post("/data", json=body, headers=KEY)
        if answer.status_code != CONFLICT or answer.json()["code"] != "idempotency-conflict":
            return answer


@pytest.mark.parametrize("racers", [2, 20])
async def test_of_requests_that_race_by_one_key_one_stores_and_all_are_answered_alike(
    api: httpx.AsyncClient, racers: int
) -> None:
    answers = await asyncio.gather(*(answered(api, {"sku": 1}) for _ in range(racers)))

    items = (await api.get("/data")).json()["items"]
    assert [answer.status_code for answer in answers] == [CREATED] * racers
    assert [answer.json() for answer in answers] == items * racers
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1


async def test_of_arrays_that_race_by_one_key_each_item_is_stored_once(api: httpx.AsyncClient) -> None:
    body = [{"sku": n} for n in range(30)]

    answers = await asyncio.gather(*(answered(api, body) for _ in range(8)))

    items = (await api.get("/data")).json()["items"]
    assert len(items) == 30
    shown = {each["_id"]: each for each in items}
    for answer in answers:
        told = answer.json()["items"]
        assert {each["status"] for each in told} <= {CREATED, CONFLICT}
        assert {each["error"]["code"] for each in told if "error" in each} <= {"idempotency-conflict"}
        assert all(shown[each["id"]] == each["document"] for each in told if "document" in each)
    again = (await answered(api, body)).json()["items"]
    assert [each["document"] for each in again] == [shown[each["id"]] for each in again]


async def test_of_bodies_that_race_by_one_key_one_is_stored(api: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(answered(api, {"sku": n}) for n in range(10)))

    assert sorted(answer.status_code for answer in answers) == [CREATED, *[422] * 9]
    assert len((await api.get("/data")).json()["items"]) == 1


async def sent_until_killed(process: ServiceProcess, kill: asyncio.Event) -> None:
    async with httpx.AsyncClient(base_url=process.url, timeout=20) as client:
        for number in range(1000):
            try:
                await client.post("/data", json={"sku": number}, headers={"Idempotency-Key": f"key-{number}"})
            except httpx.TransportError:
                return
            if number == 50:
                kill.set()


async def killed_and_sent_again(first: ServiceProcess, start: Any) -> None:
    """Whatever the first try did, at the moment of its death: after the second each document is there once."""
    kill = asyncio.Event()
    sending = [asyncio.create_task(sent_until_killed(first, kill)) for _ in range(4)]
    await kill.wait()
    await asyncio.to_thread(first.kill)
    await asyncio.gather(*sending)

    second = await asyncio.to_thread(start)

    async with httpx.AsyncClient(base_url=second.url, timeout=20) as client:
        for number in range(100):
            answer = await client.post(
                "/data", json={"sku": number}, headers={"Idempotency-Key": f"key-{number}"}
            )
            assert answer.status_code == CREATED
        items = (await client.get("/data?limit=1000")).json()["items"]
    numbers = [each["sku"] for each in items]
    assert len(numbers) == len(set(numbers))
    assert set(numbers) >= set(range(100))


async def test_after_kill_9_requests_are_sent_again_and_nothing_is_stored_twice(service: Starter) -> None:
    await killed_and_sent_again(service(), service)


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
async def test_after_kill_9_nothing_is_stored_twice_in_mongodb(
    service: Starter, mongo_server: MongoServer, driver: str
) -> None:
    settings = on_mongodb(mongo_server, driver)
    await killed_and_sent_again(service(**settings), lambda: service(**settings))
