"""Many documents at once, in every store."""

import asyncio

import pytest

from dataservice.domain.document import Document
from dataservice.domain.index import parse_indexes
from dataservice.domain.page import PageQuery
from dataservice.domain.repository import Repository
from dataservice.errors import DuplicateDocument
from tests.support.documents import document, documents

UNIQUE_SKU = parse_indexes(b'[{"fields": ["sku"], "unique": true}]')


def duplicates(outcomes: tuple[Exception | None, ...]) -> list[tuple[str, ...] | None]:
    """Of each document the fields that are taken, or None where it is stored."""
    assert all(each is None or isinstance(each, DuplicateDocument) for each in outcomes)
    return [each.fields if isinstance(each, DuplicateDocument) else None for each in outcomes]


async def kept(repository: Repository) -> dict[str, bytes]:
    return {each.id: each.json for each in (await repository.page(PageQuery(1000))).items}


def as_sent(*sent: Document) -> dict[str, bytes]:
    return {each.id: each.json for each in sent}


async def test_all_are_stored_as_they_were_sent(repository: Repository) -> None:
    new = documents({"n": n, "text": "é🎉", "nested": {"a": [n]}} for n in range(300))

    outcomes = await repository.insert_many(new)

    assert outcomes == (None,) * 300
    assert await kept(repository) == as_sent(*new)


async def test_an_id_that_is_taken_fails_alone(repository: Repository) -> None:
    first = document({"n": 1}, document_id="taken")
    await repository.insert(first)
    fresh = documents({"n": n} for n in range(4))

    outcomes = await repository.insert_many([*fresh[:2], document({"n": 2}, document_id="taken"), *fresh[2:]])

    assert duplicates(outcomes) == [None, None, ("_id",), None, None]
    assert await kept(repository) == as_sent(first, *fresh)


async def test_of_two_with_one_id_the_first_is_stored(repository: Repository) -> None:
    twins = [document({"n": n}, document_id="twin") for n in (1, 2)]

    outcomes = await repository.insert_many(twins)

    assert duplicates(outcomes) == [None, ("_id",)]
    assert await kept(repository) == as_sent(twins[0])


async def test_a_unique_value_that_is_taken_fails_alone_and_is_named(repository: Repository) -> None:
    await repository.ensure_indexes(UNIQUE_SKU)
    await repository.insert(document({"sku": 1}))

    outcomes = await repository.insert_many(documents([{"sku": 2}, {"sku": 1}, {"sku": 3}, {"sku": 2}]))

    assert duplicates(outcomes) == [None, ("sku",), None, ("sku",)]
    assert len(await kept(repository)) == 3


async def test_a_document_that_is_there_already_is_told_by_its_id(repository: Repository) -> None:
    """Also where its unique values are taken, by itself."""
    await repository.ensure_indexes(UNIQUE_SKU)
    new = [document({"sku": n}, document_id=f"order-{n}") for n in range(3)]
    await repository.insert_many(new)

    again = await repository.insert_many([document({"sku": n}, document_id=f"order-{n}") for n in range(3)])

    assert duplicates(again) == [("_id",)] * 3
    with pytest.raises(DuplicateDocument) as alone:
        await repository.insert(document({"sku": 1}, document_id="order-1"))
    assert alone.value.fields == ("_id",)


async def test_nothing_is_stored_of_nothing(repository: Repository) -> None:
    assert await repository.insert_many([]) == ()
    assert await kept(repository) == {}


async def test_of_many_batches_that_race_for_the_same_ids_each_id_is_stored_once(
    repository: Repository,
) -> None:
    batches = [[document({"batch": b}, document_id=f"id-{n}") for n in range(20)] for b in range(8)]

    outcomes = await asyncio.gather(*(repository.insert_many(batch) for batch in batches))

    winners = [
        each
        for batch, told in zip(batches, outcomes, strict=True)
        for each, taken in zip(batch, duplicates(told), strict=True)
        if taken is None
    ]
    assert len(winners) == 20
    assert await kept(repository) == as_sent(*winners)


async def test_those_that_are_there_are_read_by_their_ids(repository: Repository) -> None:
    new = documents({"n": n} for n in range(5))
    await repository.insert_many(new)

    found = await repository.get_many([*(each.id for each in new[1:4]), "no-such-document"])

    assert {each.id: each.json for each in found.values()} == as_sent(*new[1:4])
    assert all(document_id == each.id for document_id, each in found.items())
    assert await repository.get_many([]) == {}


async def test_the_hash_of_a_request_is_kept_and_not_shown(repository: Repository) -> None:
    one, other = document({"n": 1}, request="0" * 64), document({"n": 2})
    await repository.insert_many([one, other])

    alone = [await repository.get(each.id) for each in (one, other)]
    many = await repository.get_many([one.id, other.id])

    assert [each.request for each in alone if each] == ["0" * 64, None]
    assert [many[each.id].request for each in (one, other)] == ["0" * 64, None]
    assert await kept(repository) == as_sent(one, other)
