"""What every store does alike."""

import asyncio
from typing import Any

import msgspec
import pytest

from dataservice.domain.document import Document
from dataservice.domain.index import Index, parse_indexes
from dataservice.domain.page import PageQuery
from dataservice.domain.repository import Repository
from dataservice.errors import DuplicateDocument, IndexConflict
from tests.contract.stores import SHARED_STORES, Place
from tests.support.documents import document, documents

UNIQUE_SKU = parse_indexes(b'[{"fields": ["sku"], "unique": true}]')

KEPT: list[dict[str, Any]] = [
    {},
    {"": "an empty name"},
    {"int64": [-(2**63), 2**63 - 1, 2**53 + 1, 0, -1]},
    {"floats": [1.0, -0.5, 1e300, 5e-324]},
    {"constants": [None, True, False]},
    {"text": ["", "äöü", "日本語", "🎉", 'quotes " and \\', "line\nbreak", "1e5", "2026-03-01T12:00:00Z"]},
    {"nested": {"a": {"b": [{"c": [[], {}]}]}}},
    {"order": {"z": 1, "a": 2}, "kept": True},
]


async def inserted(repository: Repository, *new: Document) -> None:
    for each in new:
        await repository.insert(each)


async def all_pages(repository: Repository, limit: int) -> list[list[str]]:
    pages, after = [], None
    while True:
        page = await repository.page(PageQuery(limit, after))
        pages.append([each.id for each in page.items])
        if page.next is None:
            return pages
        # As in a cursor: a position goes out and comes back as JSON.
        after = msgspec.json.decode(msgspec.json.encode(page.next))


async def test_a_store_answers_a_ping(repository: Repository) -> None:
    await repository.ping()


@pytest.mark.parametrize("fields", KEPT, ids=lambda fields: next(iter(fields), "nothing"))
async def test_a_document_comes_back_as_it_was_stored(repository: Repository, fields: dict[str, Any]) -> None:
    new = document(fields)

    await repository.insert(new)

    stored = await repository.get(new.id)
    assert stored is not None
    assert (stored.id, stored.etag, stored.json) == (new.id, new.etag, new.json)


async def test_a_document_that_was_never_stored_is_not_found(repository: Repository) -> None:
    assert await repository.get("no-such-document") is None
    assert await repository.get("0123456789abcdef01234567") is None


@pytest.mark.parametrize("store", SHARED_STORES, indirect=True)
async def test_another_connection_sees_what_was_acknowledged(store: Place, repository: Repository) -> None:
    new = document()
    await repository.insert(new)
    other = store.repository()
    await other.open()

    stored = await other.get(new.id)

    await other.close()
    assert stored is not None
    assert stored.json == new.json


async def test_an_id_is_taken_once(repository: Repository) -> None:
    first = document({"n": 1}, document_id="chosen")
    await repository.insert(first)

    with pytest.raises(DuplicateDocument) as refused:
        await repository.insert(document({"n": 2}, document_id="chosen"))

    stored = await repository.get("chosen")
    assert refused.value.fields == ("_id",)
    assert stored is not None
    assert stored.json == first.json


async def test_of_many_that_race_for_an_id_one_wins(repository: Repository) -> None:
    racers = [document({"n": n}, document_id="prize") for n in range(20)]

    outcomes = await asyncio.gather(*(repository.insert(each) for each in racers), return_exceptions=True)

    winners = [racer for racer, outcome in zip(racers, outcomes, strict=True) if outcome is None]
    stored = await repository.get("prize")
    assert sum(isinstance(outcome, DuplicateDocument) for outcome in outcomes) == 19
    assert stored is not None
    assert [winner.json for winner in winners] == [stored.json]


async def test_a_duplicate_fails_alone_among_concurrent_inserts(repository: Repository) -> None:
    await repository.insert(document(document_id="taken"))
    fresh = documents({"n": n} for n in range(30))

    outcomes = await asyncio.gather(
        *(repository.insert(each) for each in [*fresh[:15], document(document_id="taken"), *fresh[15:]]),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes if outcome is not None] == [DuplicateDocument]
    assert [await repository.get(each.id) is not None for each in fresh] == [True] * 30


async def test_of_many_that_ask_at_once_each_is_given_its_own(repository: Repository) -> None:
    new = documents({"n": n} for n in range(250))
    await asyncio.gather(*(repository.insert(each) for each in new))
    asked = [each.id for pair in zip(new, reversed(new), strict=True) for each in pair]

    found = await asyncio.gather(*(repository.get(each) for each in [*asked, "no-such-document"]))

    assert [each and each.id for each in found] == [*asked, None]


async def test_a_page_of_nothing_is_empty_and_the_last(repository: Repository) -> None:
    page = await repository.page(PageQuery(10))

    assert (page.items, page.next) == ((), None)


@pytest.mark.parametrize(("limit", "sizes"), [(1, [1] * 7), (3, [3, 3, 1]), (7, [7]), (50, [7])])
async def test_pages_hold_every_document_once_in_order(
    repository: Repository, limit: int, sizes: list[int]
) -> None:
    new = documents({"n": n} for n in range(7))
    await inserted(repository, *reversed(new))

    pages = await all_pages(repository, limit)

    assert [len(page) for page in pages] == sizes
    assert [each for page in pages for each in page] == [each.id for each in new]


async def test_ids_are_ordered_byte_by_byte(repository: Repository) -> None:
    ids = ["-", "0", "9", "A", "Z", "_", "a", "aa", "b", "z"]
    await inserted(repository, *(document(document_id=each) for each in reversed(ids)))

    assert await all_pages(repository, 4) == [ids[:4], ids[4:8], ids[8:]]


async def test_a_document_stored_between_two_pages_moves_no_other(repository: Repository) -> None:
    await inserted(repository, *(document(document_id=each) for each in "bdf"))
    first = await repository.page(PageQuery(2))

    await inserted(repository, *(document(document_id=each) for each in "ae"))

    second = await repository.page(PageQuery(2, first.next))
    assert [each.id for each in first.items + second.items] == ["b", "d", "e", "f"]


async def test_a_unique_index_admits_a_value_once(repository: Repository) -> None:
    await repository.ensure_indexes(UNIQUE_SKU)
    await repository.insert(document({"sku": "A-1"}))

    with pytest.raises(DuplicateDocument) as refused:
        await repository.insert(document({"sku": "A-1"}))

    await repository.insert(document({"sku": "A-2"}))
    assert refused.value.fields == ("sku",)


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        (1, 1.0, True),
        (None, None, True),
        (2**53 + 1, 2**53, False),
        (1, True, False),
        (0, False, False),
        (True, False, False),
        (1, "1", False),
        (None, "", False),
        (None, 0, False),
        ("a", "A", False),
        ({"a": 1}, {"a": 2}, False),
    ],
)
async def test_values_are_equal_in_a_unique_index_as_in_mongodb(
    repository: Repository, first: object, second: object, *, same: bool
) -> None:
    await repository.ensure_indexes(UNIQUE_SKU)
    await repository.insert(document({"sku": first}))

    outcome = await asyncio.gather(repository.insert(document({"sku": second})), return_exceptions=True)

    assert isinstance(outcome[0], DuplicateDocument) is same


async def test_a_unique_index_spans_several_and_nested_fields(repository: Repository) -> None:
    await repository.ensure_indexes(parse_indexes(b'[{"fields": ["-shop.name", "sku"], "unique": true}]'))
    await repository.insert(document({"shop": {"name": "north"}, "sku": 1}))
    await repository.insert(document({"shop": {"name": "south"}, "sku": 1}))
    await repository.insert(document({"shop": {"name": "north"}, "sku": 2}))

    with pytest.raises(DuplicateDocument) as refused:
        await repository.insert(document({"shop": {"name": "north"}, "sku": 1}))

    assert refused.value.fields == ("shop.name", "sku")


async def test_a_refused_duplicate_leaves_its_other_unique_values_free(repository: Repository) -> None:
    await repository.ensure_indexes(UNIQUE_SKU)
    await repository.insert(document({"sku": "taken"}, document_id="one"))

    for fields, document_id in [({"sku": "free"}, "one"), ({"sku": "taken"}, "two")]:
        with pytest.raises(DuplicateDocument):
            await repository.insert(document(fields, document_id=document_id))

    await repository.insert(document({"sku": "free"}, document_id="two"))


async def test_indexes_can_be_ensured_again(repository: Repository) -> None:
    indexes = parse_indexes(
        b'[{"fields": ["sku"], "unique": true}, {"fields": ["-_created_at", "it\'s \\"quoted\\""]}]'
    )

    await repository.ensure_indexes(indexes)
    await repository.ensure_indexes(indexes)

    await repository.insert(document({"sku": 1}))


async def test_a_unique_index_over_documents_that_share_a_value_is_a_conflict(repository: Repository) -> None:
    await inserted(repository, *documents([{"sku": 1}, {"sku": 1}]))

    with pytest.raises(IndexConflict, match="sku"):
        await repository.ensure_indexes(UNIQUE_SKU)


@pytest.mark.parametrize("indexes", [(), parse_indexes(b'[{"fields": ["sku"]}]')], ids=["none", "plain"])
async def test_without_a_unique_index_values_repeat(
    repository: Repository, indexes: tuple[Index, ...]
) -> None:
    await repository.ensure_indexes(indexes)

    await inserted(repository, *documents([{"sku": 1}, {"sku": 1}]))
