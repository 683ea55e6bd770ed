"""Changes of documents that other programs wrote into a MongoDB, and of ids that only it has."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from bson import Binary, Decimal128, Int64, ObjectId
from pymongo import ASCENDING

from dataservice.domain.document import new_document
from dataservice.domain.repository import Repository
from dataservice.domain.timestamps import from_unix_ms
from tests.contract.mongodb_test import OID, Raw, store
from tests.contract.stores import Place
from tests.support.api import problem, running, service
from tests.support.documents import NOON, document

__all__ = ["store"]  # a fixture

pytestmark = pytest.mark.mongodb

WHEN = datetime(2026, 3, 1, 12, 0, 0, 7000, UTC)
MERGE = {"Content-Type": "application/merge-patch+json"}
THEIRS: dict[str, Any] = {
    "_id": OID,
    "price": Decimal128("12.50"),
    "when": WHEN,
    "picture": Binary(b"\x00\xff", 128),
    "large": Int64(7),
    "nested": {"when": WHEN, "n": 1},
    "list": [WHEN, {"when": WHEN}, 3],
    "a.b": {"$c": 1},
    "_class": "com.example.Order",
    "n": 1,
}


@pytest.fixture
async def api(store: Place) -> AsyncIterator[httpx.AsyncClient]:
    async with running(service(store.repository())) as client:
        yield client


def held(collection: Raw) -> dict[str, Any]:
    found = collection.find_one({})
    assert found is not None
    return found


async def test_a_replacement_that_the_driver_tried_twice_is_done(repository: Repository, raw: Raw) -> None:
    """The first try arrived and its answer was lost: the second meets our own new version."""
    await repository.insert(document({"n": 1}, document_id="mine"))
    old = await repository.get("mine")
    assert old is not None
    new = new_document("mine", "0123456789abcdef", from_unix_ms(NOON), {"n": 2})
    raw.update_one({"_id": "mine"}, {"$set": {"_etag": new.etag, "n": 2}})

    assert await repository.replace(old, new)

    other = new_document("mine", "fedcba9876543210", from_unix_ms(NOON), {"n": 3})
    assert not await repository.replace(old, other)


async def test_a_patch_of_another_field_leaves_types_that_json_lacks(
    api: httpx.AsyncClient, raw: Raw
) -> None:
    raw.insert_one(THEIRS)

    answer = await api.patch(
        f"/data/{OID}", headers=MERGE, json={"n": 2, "nested": {"n": 2}, "new": None, "more": "x"}
    )

    now = held(raw)
    assert answer.status_code == 200, answer.text
    assert {name: now.pop(name) for name in ("n", "more")} == {"n": 2, "more": "x"}
    assert now.pop("_created_at") == now.pop("_updated_at")
    assert answer.headers["etag"] == f'"{now.pop("_etag")}"'
    assert now == {**{k: v for k, v in THEIRS.items() if k != "n"}, "nested": {"when": WHEN, "n": 2}}
    assert raw.count_documents({"large": {"$type": "long"}, "picture": {"$type": "binData"}}) == 1
    assert (await api.get(f"/data/{OID}")).content == answer.content


async def test_elements_of_a_list_keep_their_types_when_others_come_and_go(
    api: httpx.AsyncClient, raw: Raw
) -> None:
    raw.insert_one(THEIRS)
    patch = [
        {"op": "add", "path": "/list/0", "value": "first"},
        {"op": "remove", "path": "/list/3"},
        {"op": "add", "path": "/list/2/n", "value": 1},
    ]

    answer = await api.patch(
        f"/data/{OID}", json=patch, headers={"Content-Type": "application/json-patch+json"}
    )

    assert answer.status_code == 200, answer.text
    assert held(raw)["list"][:2] == ["first", WHEN]
    assert (await api.get(f"/data/{OID}")).content == answer.content


async def test_a_put_replaces_all_but_what_it_sends_back_as_it_was_shown(
    api: httpx.AsyncClient, raw: Raw
) -> None:
    raw.insert_one(THEIRS)

    answer = await api.put(f"/data/{OID}", json={"when": "2026-03-01T12:00:00.007Z", "price": 1})

    now = held(raw)
    assert answer.status_code == 200
    assert {**now, "_etag": 0, "_created_at": 0, "_updated_at": 0} == {
        "_id": OID,
        "when": WHEN,
        "price": 1,
        "_etag": 0,
        "_created_at": 0,
        "_updated_at": 0,
    }


async def test_an_object_id_is_changed_and_deleted_by_its_24_digits(api: httpx.AsyncClient, raw: Raw) -> None:
    raw.insert_one({"_id": OID, "n": 1})

    patched = await api.patch(f"/data/{OID}", json={"n": 2}, headers=MERGE)
    assert held(raw)["_id"] == OID
    created = await api.put(f"/data/{OID}", json={}, headers={"If-None-Match": "*"})
    put = await api.put(f"/data/{OID}", json={"n": 3}, headers={"If-Match": patched.headers["etag"]})
    assert held(raw)["n"] == 3
    stale = await api.delete(f"/data/{OID}", headers={"If-Match": patched.headers["etag"]})
    deleted = await api.delete(f"/data/{OID}", headers={"If-Match": put.headers["etag"]})

    assert [each.status_code for each in (patched, created, put, stale, deleted)] == [200, 412, 200, 412, 204]
    assert raw.count_documents({}) == 0


async def test_of_a_string_and_an_object_id_of_the_same_digits_the_one_that_is_shown_is_changed(
    api: httpx.AsyncClient, raw: Raw
) -> None:
    raw.insert_many([{"_id": OID, "n": 1}, {"_id": str(OID), "n": 1}])

    await api.patch(f"/data/{OID}", json={"n": 2}, headers=MERGE)
    assert [each["n"] for each in raw.find({}, sort=[("_id", ASCENDING)])] == [2, 1]

    await api.delete(f"/data/{OID}")
    assert held(raw)["_id"] == OID


@pytest.mark.parametrize(
    "theirs",
    [
        {},
        {"_etag": None},
        {"_etag": "version-7"},
        {"_etag": ["0123456789abcdef"]},
        {"_etag": 7},
        {"_etag": {"a": 1}},
    ],
    ids=str,
)
async def test_a_document_without_an_etag_of_ours_matches_no_tag_and_can_be_changed(
    api: httpx.AsyncClient, raw: Raw, theirs: dict[str, Any]
) -> None:
    raw.insert_one({"_id": "theirs", "n": 1, **theirs})

    refused = await api.patch("/data/theirs", json={"n": 2}, headers={**MERGE, "If-Match": '"version-7"'})
    assert (refused.status_code, problem(refused)["code"]) == (412, "precondition-failed")
    taken = await api.patch("/data/theirs", json={"n": 3}, headers={**MERGE, "If-Match": "*"})

    assert taken.status_code == 200
    assert held(raw)["n"] == 3
    assert taken.headers["etag"] == f'"{held(raw)["_etag"]}"'


async def test_a_document_that_was_given_an_etag_meanwhile_is_another_version(
    repository: Repository, raw: Raw
) -> None:
    raw.insert_one({"_id": "theirs", "n": 1})
    old = await repository.get("theirs")
    assert old is not None
    raw.update_one({"_id": "theirs"}, {"$set": {"_etag": "0123456789abcdef"}})

    assert not await repository.replace(old, document({"n": 2}, document_id="theirs"))
    assert not await repository.delete(old)


async def test_an_object_id_of_nothing_is_put_as_a_string(api: httpx.AsyncClient, raw: Raw) -> None:
    other = str(ObjectId())

    answer = await api.put(f"/data/{other}", json={})

    assert answer.status_code == 201
    assert held(raw)["_id"] == other
