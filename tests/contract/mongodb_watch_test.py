"""What a watch of a MongoDB tells of other programs."""

from contextlib import aclosing
from typing import Any, get_args

import pytest
from pymongo.collection import Collection

from dataservice.domain.repository import Repository
from dataservice.errors import EventsGone, StoreUnavailable
from dataservice.settings import MongoDBSettings
from tests.cluster.mongodb import MongoServer
from tests.contract.stores import Place, mongodb
from tests.contract.watch_test import changes

pytestmark = pytest.mark.mongodb


@pytest.fixture(params=get_args(MongoDBSettings.model_fields["driver"].annotation))
def store(request: pytest.FixtureRequest, mongodb_uri: str) -> Place:
    return Place(mongodb(mongodb_uri, request.param))


async def test_every_change_of_another_program_is_told(
    repository: Repository, raw: Collection[dict[str, Any]]
) -> None:
    raw.insert_one({"_id": "before"})
    async with aclosing(repository.watch(None)) as events:
        await anext(events)
        raw.insert_one({"_id": "x", "n": 1})
        [created] = await changes(events, 1)
        raw.update_one({"_id": "x"}, {"$set": {"n": 2}})
        [updated] = await changes(events, 1)
        raw.replace_one({"_id": "x"}, {"m": 3})
        [replaced] = await changes(events, 1)
        raw.delete_one({"_id": "x"})
        [deleted] = await changes(events, 1)

    told = [each.change for each in (created, updated, replaced, deleted)]
    assert [each and (each.kind, each.id, each.json) for each in told] == [
        ("created", "x", b'{"_id":"x","n":1}'),
        ("updated", "x", b'{"_id":"x","n":2}'),
        ("updated", "x", b'{"_id":"x","m":3}'),
        ("deleted", "x", None),
    ]


async def test_a_position_that_the_server_does_not_take_is_gone(repository: Repository) -> None:
    with pytest.raises(EventsGone):
        await anext(repository.watch("00"))


async def test_a_server_that_goes_away_ends_a_watch_as_unavailable(mongo_server: MongoServer) -> None:
    repository = Place(mongodb(mongo_server.uri, "motor")).repository()
    await repository.open()
    async with aclosing(repository.watch(None)) as events:
        await anext(events)
        mongo_server.kill()

        with pytest.raises(StoreUnavailable):
            await changes(events, 1)
    await repository.close()
