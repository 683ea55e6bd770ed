"""What every store does alike when a document is replaced or deleted."""

import asyncio
import subprocess
import sys
from typing import Any

import msgspec
import pytest

from dataservice.domain.document import Document, Stored, new_document
from dataservice.domain.etag import new_etag
from dataservice.domain.index import parse_indexes
from dataservice.domain.page import PageQuery
from dataservice.domain.repository import Repository
from dataservice.domain.timestamps import from_unix_ms
from dataservice.errors import DuplicateDocument
from tests.contract.repository_test import KEPT, UNIQUE_SKU, inserted
from tests.contract.stores import SHARED_STORES, Place
from tests.support.documents import NOON, document

RACERS = 20


def version_of(old: Stored, fields: dict[str, Any]) -> Document:
    return new_document(old.id, new_etag(), from_unix_ms(NOON + 1), fields, created_at=from_unix_ms(NOON))


async def stored(repository: Repository, document_id: str) -> Stored:
    found = await repository.get(document_id)
    assert found is not None
    return found


async def holding(repository: Repository, fields: dict[str, Any], document_id: str = "mine") -> Stored:
    await repository.insert(document(fields, document_id=document_id))
    return await stored(repository, document_id)


@pytest.mark.parametrize("fields", KEPT, ids=lambda fields: next(iter(fields), "nothing"))
async def test_a_replaced_document_comes_back_as_it_was_sent(
    repository: Repository, fields: dict[str, Any]
) -> None:
    old = await holding(repository, {"other": 1, "kept": False})
    new = version_of(old, fields)

    assert await repository.replace(old, new)

    found = await stored(repository, "mine")
    assert (found.id, found.etag, found.json) == (new.id, new.etag, new.json)


async def test_a_replaced_document_is_still_that_of_its_request(repository: Repository) -> None:
    """Else the request, sent again, would be taken for another by the same key. Asked for twice at once, since stores
    that answer such questions together have one row for both.
    """
    new = document({"n": 1}, document_id="mine", request="0" * 64)
    await repository.insert(new)
    _, old = await asyncio.gather(stored(repository, "mine"), stored(repository, "mine"))
    assert await repository.replace(old, version_of(old, {"n": 2}))

    (many,) = (await repository.get_many(["mine"])).values()
    assert [(await stored(repository, "mine")).request, many.request] == ["0" * 64] * 2
    assert b"0000" not in many.json


async def test_a_version_is_replaced_once(repository: Repository) -> None:
    old = await holding(repository, {"n": 1})
    second = version_of(old, {"n": 2})
    assert await repository.replace(old, second)

    assert not await repository.replace(old, version_of(old, {"n": 3}))
    assert not await repository.delete(old)

    assert (await stored(repository, "mine")).json == second.json


async def test_a_deleted_document_is_gone_and_its_id_is_free(repository: Repository) -> None:
    old = await holding(repository, {"n": 1})
    await inserted(repository, document(document_id="a"), document(document_id="z"))

    assert await repository.delete(old)

    assert await repository.get("mine") is None
    assert [each.id for each in (await repository.page(PageQuery(10))).items] == ["a", "z"]
    assert not await repository.delete(old)
    assert not await repository.replace(old, version_of(old, {}))
    await repository.insert(document({"n": 2}, document_id="mine"))


async def test_a_document_made_anew_under_an_id_is_another_version(repository: Repository) -> None:
    old = await holding(repository, {"n": 1})
    assert await repository.delete(old)
    anew = await holding(repository, {"n": 1})

    assert not await repository.delete(old)
    assert not await repository.replace(old, version_of(old, {"n": 2}))

    assert (await stored(repository, "mine")).json == anew.json


async def test_of_many_that_replace_the_same_version_one_wins(repository: Repository) -> None:
    old = await holding(repository, {})
    racers = [version_of(old, {"n": n}) for n in range(RACERS)]

    outcomes = await asyncio.gather(*(repository.replace(old, each) for each in racers))

    winners = [racer.json for racer, won in zip(racers, outcomes, strict=True) if won]
    assert winners == [(await stored(repository, "mine")).json]


async def test_of_many_that_delete_or_replace_the_same_version_one_wins(repository: Repository) -> None:
    old = await holding(repository, {})

    outcomes = await asyncio.gather(
        *(repository.delete(old) for _ in range(RACERS // 2)),
        *(repository.replace(old, version_of(old, {"n": n})) for n in range(RACERS // 2)),
    )

    assert sum(outcomes) == 1
    assert (await repository.get("mine") is None) is (sum(outcomes[: RACERS // 2]) == 1)


RACE = """
import asyncio, sys
import msgspec
from tests.contract.repository_changes_test import RACERS, version_of
from dataservice.settings import DatabaseSettings
from dataservice.storage.open import repository

async def main():
    held = repository(DatabaseSettings.model_validate_json(sys.argv[1]))
    await held.open()
    old = await held.get("mine")
    print("read", flush=True)
    sys.stdin.readline()
    new = [version_of(old, {"racer": sys.argv[2], "n": n}) for n in range(RACERS)]
    outcomes = await asyncio.gather(*(held.replace(old, each) for each in new))
    print(*(each.etag for each, won in zip(new, outcomes, strict=True) if won), flush=True)
    await held.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("store", SHARED_STORES, indirect=True)
async def test_of_several_processes_that_replace_the_same_version_one_wins(
    store: Place, repository: Repository
) -> None:
    await holding(repository, {})
    place = store.database.model_dump(mode="json")
    if store.database.kind == "mongodb":
        place["mongodb"]["uri"] = store.database.mongodb.uri.get_secret_value()
    arguments = [sys.executable, "-c", RACE, msgspec.json.encode(place).decode()]

    def race() -> list[str]:
        racers = [
            subprocess.Popen([*arguments, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for name in ("one", "other")
        ]
        for each in racers:
            assert each.stdout is not None
            assert each.stdout.readline() == "read\n"
        for each in racers:  # both have read the same version: now they may write
            assert each.stdin is not None
            each.stdin.write("\n")
            each.stdin.flush()
        return [winner for each in racers for winner in each.communicate(timeout=60)[0].split()]

    winners = await asyncio.to_thread(race)

    assert winners == [(await stored(repository, "mine")).etag]


async def test_a_unique_value_that_is_taken_refuses_a_replacement_and_changes_nothing(
    repository: Repository,
) -> None:
    await repository.ensure_indexes(UNIQUE_SKU)
    await repository.insert(document({"sku": "taken"}))
    old = await holding(repository, {"sku": "mine"})

    with pytest.raises(DuplicateDocument) as refused:
        await repository.replace(old, version_of(old, {"sku": "taken"}))

    assert refused.value.fields == ("sku",)
    assert (await stored(repository, "mine")).json == old.json
    with pytest.raises(DuplicateDocument):
        await repository.insert(document({"sku": "mine"}))


async def test_a_unique_value_is_free_once_its_document_has_another_or_is_gone(
    repository: Repository,
) -> None:
    await repository.ensure_indexes(UNIQUE_SKU)
    old = await holding(repository, {"sku": 1})
    assert await repository.replace(old, version_of(old, {"sku": 1, "same": True}))
    old = await stored(repository, "mine")
    assert await repository.replace(old, version_of(old, {"sku": 2}))
    other = await holding(repository, {"sku": 1}, "other")
    with pytest.raises(DuplicateDocument):
        await repository.insert(document({"sku": 2}))

    assert await repository.delete(other)

    await repository.insert(document({"sku": 1}))


async def test_of_two_unique_indexes_the_broken_one_is_named_and_the_other_value_stays_free(
    repository: Repository,
) -> None:
    await repository.ensure_indexes(
        parse_indexes(b'[{"fields": ["sku"], "unique": true}, {"fields": ["lot"], "unique": true}]')
    )
    await repository.insert(document({"sku": "a", "lot": "a"}))
    old = await holding(repository, {"sku": "b", "lot": "b"})

    with pytest.raises(DuplicateDocument) as refused:
        await repository.replace(old, version_of(old, {"sku": "c", "lot": "a"}))

    assert refused.value.fields == ("lot",)
    await repository.insert(document({"sku": "c", "lot": "c"}))


async def test_where_id_and_a_unique_value_are_taken_the_id_is_named(repository: Repository) -> None:
    """So that who creates a document knows that another was faster with the same one."""
    await repository.ensure_indexes(UNIQUE_SKU)
    await repository.insert(document({"sku": 1}, document_id="mine"))

    with pytest.raises(DuplicateDocument) as refused:
        await repository.insert(document({"sku": 1}, document_id="mine"))

    assert refused.value.fields == ("_id",)
