"""Inserts that are sent to MongoDB in groups: each is told its own outcome, whatever becomes of the others."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import get_args

import pytest
from pydantic import SecretStr

from dataservice.domain.document import Document
from dataservice.domain.index import parse_indexes
from dataservice.errors import DuplicateDocument, StoreUnavailable
from dataservice.settings import MongoDBSettings
from dataservice.storage.mongodb import MongoDBRepository
from tests.cluster.mongodb import MongoServer
from tests.contract.holding_proxy import HoldingProxy
from tests.contract.stores import mongodb
from tests.support.documents import document, documents
from tests.support.eventually import eventually

pytestmark = pytest.mark.mongodb


@dataclass
class Scene:
    """A repository whose first insert stays under way until it is released."""

    repository: MongoDBRepository
    settings: MongoDBSettings
    proxy: HoldingProxy
    groups: list[int]

    async def inserts(self, documents: Sequence[Document]) -> list[asyncio.Task[None]]:
        """The first is under way, the others wait."""
        tasks = [asyncio.create_task(self.repository.insert(documents[0]))]
        await asyncio.to_thread(eventually, lambda: self.proxy.held > 0)
        tasks += [asyncio.create_task(self.repository.insert(each)) for each in documents[1:]]
        await asyncio.sleep(0)
        return tasks


@pytest.fixture(params=get_args(MongoDBSettings.model_fields["driver"].annotation))
async def scene(request: pytest.FixtureRequest, mongo_server: MongoServer) -> AsyncIterator[Scene]:
    proxy = HoldingProxy(mongo_server.port, b"insert")
    proxy.start()
    uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
    groups: list[int] = []
    settings = mongodb(uri, request.param).mongodb
    repository = MongoDBRepository(settings, groups.append)
    yield Scene(repository, settings, proxy, groups)
    proxy.release()
    await repository.close()
    proxy.close()


async def outcomes(tasks: Sequence[asyncio.Task[None]]) -> list[BaseException | None]:
    return await asyncio.gather(*tasks, return_exceptions=True)


async def test_inserts_that_come_while_one_is_under_way_are_one_group(scene: Scene) -> None:
    new = documents({"n": n} for n in range(6))

    tasks = await scene.inserts(new)
    scene.proxy.release()

    assert await outcomes(tasks) == [None] * 6
    assert scene.groups == [1, 5]
    assert [await scene.repository.get(each.id) is not None for each in new] == [True] * 6


async def test_an_insert_that_comes_alone_waits_for_no_other(scene: Scene) -> None:
    scene.proxy.release()

    for each in documents({"n": n} for n in range(3)):
        await scene.repository.insert(each)

    assert scene.groups == [1, 1, 1]


@pytest.mark.parametrize(
    ("count", "size", "groups"),
    [(600, 10, [1, 256, 256, 87]), (8, 900_000, [1, 4, 3])],
    ids=["many", "large"],
)
async def test_a_group_is_bounded_in_documents_and_bytes(
    scene: Scene, count: int, size: int, groups: list[int]
) -> None:
    tasks = await scene.inserts(documents({"text": "x" * size} for _ in range(count)))
    scene.proxy.release()

    assert await outcomes(tasks) == [None] * count
    assert scene.groups == groups


async def test_a_duplicate_in_a_group_is_its_own_requests_alone(scene: Scene) -> None:
    await scene.repository.ensure_indexes(parse_indexes(b'[{"fields": ["sku"], "unique": true}]'))
    new = [
        document({"sku": 1}, document_id="first"),
        document({"sku": 2}, document_id="kept"),
        document({"sku": 3}, document_id="first"),
        document({"sku": 1}, document_id="same-sku"),
        document({"sku": 4}, document_id="twice"),
        document({"sku": 5}, document_id="twice"),
        document({"sku": 6}, document_id="last"),
    ]

    tasks = await scene.inserts(new)
    scene.proxy.release()
    told = await outcomes(tasks)

    refused = [error.fields if isinstance(error, DuplicateDocument) else error for error in told]
    assert scene.groups == [1, 6]
    assert sorted(refused[4:6], key=str) == [("_id",), None]
    assert [*refused[:4], refused[6]] == [None, None, ("_id",), ("sku",), None]
    assert await scene.repository.get("same-sku") is None
    assert [await scene.repository.get(each) is not None for each in ("kept", "twice", "last")] == [True] * 3


@pytest.mark.parametrize("cancelled", [0, 2], ids=["under way", "waiting"])
async def test_a_request_that_is_cancelled_harms_no_other(scene: Scene, cancelled: int) -> None:
    new = documents({"n": n} for n in range(5))
    tasks = await scene.inserts(new)

    tasks[cancelled].cancel()
    await asyncio.sleep(0)
    scene.proxy.release()

    told = await outcomes(tasks)
    others = [each for position, each in enumerate(new) if position != cancelled]
    assert isinstance(told.pop(cancelled), asyncio.CancelledError)
    assert told == [None] * 4
    assert [await scene.repository.get(each.id) is not None for each in others] == [True] * 4
    assert sum(scene.groups) == (5 if cancelled == 0 else 4)


async def test_a_server_that_dies_in_the_middle_of_a_group_is_told_to_each_and_loses_nothing_acknowledged(
    scene: Scene, mongo_server: MongoServer
) -> None:
    scene.proxy.release()
    new = documents({"n": n} for n in range(2000))
    tasks = [asyncio.create_task(scene.repository.insert(each)) for each in new]
    await tasks[300]

    await asyncio.to_thread(mongo_server.kill)
    async with asyncio.timeout(30):
        told = await outcomes(tasks)
    await asyncio.to_thread(mongo_server.start)

    again = MongoDBRepository(scene.settings.model_copy(update={"uri": SecretStr(mongo_server.uri)}))
    acknowledged = [each.id for each, error in zip(new, told, strict=True) if error is None]
    assert {type(error) for error in told if error is not None} == {StoreUnavailable}
    assert len(acknowledged) >= 300
    assert [each for each in acknowledged if await again.get(each) is None] == []
    await again.close()
