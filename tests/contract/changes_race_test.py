"""Clients that change the same document at once, through two services where the store can be shared."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx
import pytest

from dataservice.domain.index import parse_indexes
from dataservice.domain.repository import Repository
from dataservice.services.changer import ATTEMPTS
from tests.contract.stores import Place
from tests.support.api import running, service

UNIQUE = b'[{"fields": ["sku"], "unique": true}]'
SCHEMA = {"required": ["sku"]}
# Each failed attempt is another one's success: so many never run out of attempts.
PATIENT = ATTEMPTS - 1
Send = Callable[[httpx.AsyncClient, int], Awaitable[httpx.Response]]


@asynccontextmanager
async def ready(
    repository: Repository, schema: Mapping[str, Any] = SCHEMA
) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a service on this store, whose indexes are there."""
    async with running(service(repository, schema, UNIQUE)) as api:
        await repository.ensure_indexes(parse_indexes(UNIQUE))  # the service does it too, and says not when
        yield api


@pytest.fixture
async def apis(store: Place) -> AsyncIterator[list[httpx.AsyncClient]]:
    async with AsyncExitStack() as stack:
        services = 1 if store.database.kind == "memory" else 2
        yield [await stack.enter_async_context(ready(store.repository())) for _ in range(services)]


async def raced(apis: list[httpx.AsyncClient], send: Send, racers: int) -> Counter[int]:
    answers = await asyncio.gather(*(send(apis[n % len(apis)], n) for n in range(racers)))
    return Counter(answer.status_code for answer in answers)


async def test_each_of_many_patches_lands_once(apis: list[httpx.AsyncClient]) -> None:
    await apis[0].post("/data", json={"_id": "one", "sku": 1, "list": []})

    async def append(api: httpx.AsyncClient, number: int) -> httpx.Response:
        operations = [{"op": "add", "path": "/list/-", "value": number}]
        headers = {"Content-Type": "application/json-patch+json"}
        return await api.patch("/data/one", json=operations, headers=headers)

    assert await raced(apis, append, PATIENT) == {200: PATIENT}
    assert sorted((await apis[-1].get("/data/one")).json()["list"]) == list(range(PATIENT))


async def test_of_many_that_name_the_same_version_one_changes_it(apis: list[httpx.AsyncClient]) -> None:
    version = (await apis[0].post("/data", json={"_id": "one", "sku": 1})).headers["etag"]

    async def change(api: httpx.AsyncClient, number: int) -> httpx.Response:
        body = {"sku": 1, "n": number}
        return await api.put("/data/one", json=body, headers={"If-Match": version})

    assert await raced(apis, change, 20) == {200: 1, 412: 19}


async def test_of_many_that_create_a_document_one_does(apis: list[httpx.AsyncClient]) -> None:
    async def create(api: httpx.AsyncClient, number: int) -> httpx.Response:
        body = {"sku": 1, "n": number}
        return await api.put("/data/one", json=body, headers={"If-None-Match": "*"})

    assert await raced(apis, create, 20) == {201: 1, 412: 19}


async def test_of_many_that_put_a_document_one_creates_and_the_others_replace_it(
    apis: list[httpx.AsyncClient],
) -> None:
    async def put(api: httpx.AsyncClient, number: int) -> httpx.Response:
        return await api.put("/data/one", json={"sku": 1, "n": number})

    assert await raced(apis, put, PATIENT) == {201: 1, 200: PATIENT - 1}


async def test_of_many_that_delete_a_document_one_does(apis: list[httpx.AsyncClient]) -> None:
    await apis[0].post("/data", json={"_id": "one", "sku": 1})

    async def delete(api: httpx.AsyncClient, _number: int) -> httpx.Response:
        return await api.delete("/data/one")

    assert await raced(apis, delete, 20) == {204: 1, 404: 19}
