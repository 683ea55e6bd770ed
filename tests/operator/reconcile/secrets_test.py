"""Hashes of referenced Secrets."""

import base64

import pytest

from dataservice_operator.cluster.informer import Informer, Source
from dataservice_operator.cluster.kinds import SECRET
from dataservice_operator.crd.database import SecretKeyReference
from dataservice_operator.reconcile import observed_reference
from dataservice_operator.reconcile.problem import Problem
from dataservice_operator.reconcile.secrets import SecretHashes
from tests.operator.memory_api import MemoryApi, Raw

URI = "mongodb://user:hunter2@mongo.shop"
REFERENCE = SecretKeyReference(name="orders-mongo", key="uri")


class Place:
    """Hashes, and the informer they look at."""

    def __init__(self) -> None:
        self.api = MemoryApi()
        self.informer = Informer(self.api, Source(SECRET), observed_reference.secret, lambda _old, _new: None)
        self.hashes = SecretHashes(self.api, self.informer)

    def put(self, uid: str = "s-1", name: str = "orders-mongo", **values: str) -> Raw:
        """Write the Secret; the watch tells it at once."""
        metadata = {"name": name, "namespace": "shop", "uid": uid}
        data = {key: base64.b64encode(value.encode()).decode() for key, value in values.items()}
        raw = self.api.put(SECRET.path("shop", name), {"metadata": metadata, "data": data})
        self.informer.remember(raw)
        return raw

    def drop(self, raw: Raw) -> None:
        """Delete the Secret; the watch tells it at once."""
        metadata = raw["metadata"]
        self.api.drop(SECRET.path(metadata["namespace"], metadata["name"]))
        metadata["resourceVersion"] = str(int(metadata["resourceVersion"]) + 1)
        self.informer._take(None, "DELETED", raw)

    async def hash(self) -> str | Problem:
        return await self.hashes.hash_of("shop", REFERENCE)


@pytest.fixture
def place() -> Place:
    return Place()


async def test_the_hash_changes_with_the_value(place: Place) -> None:
    place.put(uri=URI)
    first = await place.hash()
    place.put(uri=URI + "/other")
    assert await place.hash() != first


async def test_the_hash_stays_when_another_key_changes(place: Place) -> None:
    place.put(uri=URI)
    first = await place.hash()
    place.put(uri=URI, note="rotated next week")
    assert await place.hash() == first


async def test_the_same_value_in_another_secret_has_another_hash(place: Place) -> None:
    """So that nobody can tell from a pod which password it has by comparing."""
    place.put(uri=URI)
    first = await place.hash()
    place.put(uid="s-2", uri=URI)
    assert await place.hash() != first


async def test_a_version_is_read_once(place: Place) -> None:
    place.put(uri=URI)
    for _ in range(3):
        await place.hash()
    assert len(place.api.requests) == 1


async def test_hashes_of_secrets_that_are_gone_are_not_kept_for_ever(place: Place) -> None:
    """Nobody asks for them again when the DataServices that referred to them went first."""
    for number in range(1000):
        secret = place.put(uri=URI, name=f"orders-{number}")
        await place.hashes.hash_of("shop", SecretKeyReference(name=f"orders-{number}", key="uri"))
        place.drop(secret)
    place.put(uri=URI)
    await place.hash()
    assert len(place.hashes._known) < 100


async def test_a_missing_secret_is_named_with_its_namespace_and_key(place: Place) -> None:
    problem = await place.hash()
    assert isinstance(problem, Problem)
    assert (problem.reason, problem.heals) == ("SecretNotFound", True)
    for name in ("'orders-mongo'", "'shop'", "'uri'"):
        assert name in problem.message
    assert not place.api.requests


async def test_a_missing_key_is_named(place: Place) -> None:
    place.put(url=URI)
    problem = await place.hash()
    assert isinstance(problem, Problem)
    assert problem.reason == "SecretKeyNotFound"
    assert "no key 'uri'" in problem.message


async def test_a_secret_that_is_gone_before_it_is_read_is_missing(place: Place) -> None:
    place.put(uri=URI)
    place.api.drop(SECRET.path("shop", "orders-mongo"))
    problem = await place.hash()
    assert isinstance(problem, Problem)
    assert problem.reason == "SecretNotFound"


async def test_nothing_of_the_value_is_kept_or_told(place: Place) -> None:
    place.put(uri=URI)
    found = await place.hash()
    assert "hunter2" not in f"{found} {vars(place.hashes)}"
