"""What every store does alike when documents are filtered, sorted and counted."""

import json
from typing import Any

import msgspec
import pytest

from dataservice.domain.index import parse_indexes
from dataservice.domain.page import Page, PageQuery
from dataservice.domain.query.parse import parse_filter
from dataservice.domain.query.sort import BY_ID, Sort, SortField
from dataservice.domain.query.tree import EVERYTHING, Condition
from dataservice.domain.repository import Repository
from tests.support.documents import document

MIXED: list[Any] = [
    None,
    -1,
    2**53,
    2**53 + 1,
    0.5,
    "",
    "a",
    "é",
    {},
    {"b": 1},
    [],
    [3, "x"],
    [[1]],
    [{}],
    False,
    True,
]
"""In no order, and with a document that lacks the field: what was stored before a schema asked for a scalar."""

SORTS: list[Sort] = [
    BY_ID,
    (SortField("_id", descending=True),),
    (SortField("a"), *BY_ID),
    (SortField("a", descending=True), *BY_ID),
    (SortField("b", descending=True), SortField("a"), *BY_ID),
    (SortField("b"), SortField("a", descending=True), SortField("_id", descending=True)),
    (SortField("_created_at", descending=True), *BY_ID),
    (SortField("_etag"), *BY_ID),
]


def said(found: Any) -> Condition:
    return parse_filter(json.dumps(found))


async def filled(repository: Repository, prefix: str = "d") -> list[str]:
    new = [
        document({"a": value, "b": number % 2}, document_id=f"{prefix}{number:02}")
        for number, value in enumerate(MIXED)
    ]
    new += [document({"b": number}, document_id=f"{prefix}x{number}") for number in range(2)]
    for each in new:
        await repository.insert(each)
    return [each.id for each in new]


async def following(repository: Repository, query: PageQuery, page: Page) -> Page:
    # As in a cursor: a position goes out and comes back as JSON.
    position = msgspec.json.decode(msgspec.json.encode(page.next))
    return await repository.page(msgspec.structs.replace(query, after=position))


@pytest.mark.parametrize("condition", [EVERYTHING, said({"b": {"$gte": 0}})], ids=["all", "filtered"])
@pytest.mark.parametrize("sort", SORTS, ids=lambda sort: ",".join(map(str, sort)))
async def test_a_walk_in_any_order_sees_every_document_once_while_others_arrive(
    repository: Repository, sort: Sort, condition: Condition
) -> None:
    there = await filled(repository)
    query = PageQuery(2, None, condition, sort)

    page = await repository.page(query)
    seen = [each.id for each in page.items]
    for number in range(200):
        if page.next is None:
            break
        value = MIXED[number % len(MIXED)]
        await repository.insert(document({"a": value, "b": number % 2}, document_id=f"e{number:03}"))
        page = await following(repository, query, page)
        seen += [each.id for each in page.items]

    assert page.next is None
    assert len(seen) == len(set(seen))
    assert set(there) <= set(seen)


async def test_pages_of_a_sort_are_one_list_cut_in_pieces(repository: Repository) -> None:
    await filled(repository)
    for sort in SORTS:
        whole = await repository.page(PageQuery(100, sort=sort))
        query = PageQuery(1, sort=sort)

        page = await repository.page(query)
        seen = list(page.items)
        while page.next is not None:
            page = await following(repository, query, page)
            seen += page.items

        assert [each.id for each in seen] == [each.id for each in whole.items]


async def test_documents_are_sorted_by_type_and_then_by_value(repository: Repository) -> None:
    await filled(repository)

    page = await repository.page(PageQuery(100, sort=(SortField("a"), *BY_ID)))

    values = [msgspec.json.decode(each.json).get("a", "missing") for each in page.items]
    assert values == [
        *([], None, "missing", "missing"),
        *(-1, 0.5, [3, "x"], 2**53, 2**53 + 1),
        *("", "a", "é"),
        *({}, [{}], {"b": 1}),
        *([[1]], False, True),
    ]


async def test_documents_that_meet_a_condition_are_counted(repository: Repository) -> None:
    await filled(repository)

    assert await repository.count(EVERYTHING, estimated=False) == len(MIXED) + 2
    assert await repository.count(EVERYTHING, estimated=True) == len(MIXED) + 2
    assert await repository.count(said({"a": {"$gt": 0}}), estimated=False) == 4
    assert await repository.count(said({"a": {"$gt": 0}}), estimated=True) == 4
    assert await repository.count(said({"a": "none"}), estimated=False) == 0


async def test_documents_are_found_by_their_times(repository: Repository) -> None:
    new = document()
    await repository.insert(new)

    noon = "2026-03-01T12:00:00.123Z"
    for found, there in [
        ({"_created_at": noon}, True),
        ({"_updated_at": {"$in": ["2026-03-01T13:00:00.123+01:00"]}}, True),
        ({"_created_at": {"$gte": noon, "$lte": noon}}, True),
        ({"_created_at": {"$gt": noon}}, False),
        ({"_created_at": {"$lt": noon}}, False),
        ({"_created_at": {"$ne": noon}}, False),
        ({"_created_at": {"$exists": True}}, True),
    ]:
        page = await repository.page(PageQuery(1, condition=said(found)))
        assert [each.id for each in page.items] == [new.id] * there, found


PREFIXES = [
    "a.*",
    "(a+)+$",
    "^a",
    "a|b",
    "\\",
    "\\Q",
    "[",
    "#",
    " ",
    "\n",
    "a\nb",
    "é",
    "🎉",
    "$",
    "{1}",
    "?",
    "/",
]


@pytest.mark.parametrize("prefix", PREFIXES, ids=ascii)
async def test_a_prefix_is_text_and_no_pattern(repository: Repository, prefix: str) -> None:
    await repository.ensure_indexes(parse_indexes(b'[{"fields": ["a"]}]'))
    for number, value in enumerate(
        [prefix, f"{prefix}more", "aaaaaaaaaaaaaaaaaaaaaaaaaaaa!", f"x{prefix}", f"x\n{prefix}"]
    ):
        await repository.insert(document({"a": value}, document_id=f"d{number}"))

    page = await repository.page(PageQuery(10, condition=said({"a": {"$startsWith": prefix}})))

    assert [each.id for each in page.items] == ["d0", "d1"]
