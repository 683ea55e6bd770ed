"""Queries over documents of other programs, which only a MongoDB has."""

import json
from datetime import UTC, datetime
from typing import Any, get_args

import msgspec
import pytest
from bson import Binary, Code, Decimal128, MaxKey, MinKey, ObjectId, Regex, Timestamp
from pymongo.collection import Collection

from dataservice.domain.page import PageQuery
from dataservice.domain.query.parse import parse_filter
from dataservice.domain.query.sort import BY_ID, Sort, SortField
from dataservice.domain.repository import Repository
from dataservice.errors import PositionTooLong
from dataservice.settings import MongoDBSettings
from tests.contract.stores import Place, mongodb

pytestmark = pytest.mark.mongodb

Raw = Collection[dict[str, Any]]
OID = ObjectId("0123456789abcdef01234567")


@pytest.fixture(params=get_args(MongoDBSettings.model_fields["driver"].annotation))
def store(request: pytest.FixtureRequest, mongodb_uri: str) -> Place:
    return Place(mongodb(mongodb_uri, request.param))


async def found(repository: Repository, said: Any) -> list[Any]:
    page = await repository.page(PageQuery(100, condition=parse_filter(json.dumps(said))))
    return [msgspec.json.decode(each.json)["_id"] for each in page.items]


@pytest.mark.parametrize(
    ("said", "there"),
    [
        ({"_id": str(OID)}, ["text", str(OID)]),
        ({"_id": {"$in": ["a", str(OID)]}}, ["text", "a", str(OID)]),
        ({"_id": {"$ne": str(OID)}}, ["a", "b"]),
        ({"_id": {"$nin": ["a", str(OID)]}}, ["b"]),
        ({"$or": [{"_id": str(OID)}, {"_id": "b"}]}, ["text", "b", str(OID)]),
        ({"lines": {"$elemMatch": {"_id": str(OID)}}}, ["a"]),
    ],
    ids=str,
)
async def test_an_object_id_is_found_by_its_24_digits(
    repository: Repository, raw: Raw, said: Any, there: list[str]
) -> None:
    """Those of an element are a field like any other."""
    raw.insert_many(
        [{"_id": OID}, {"_id": "a", "lines": [{"_id": str(OID)}]}, {"_id": "b", "lines": [{"_id": OID}]}]
    )
    if "text" in there:
        raw.insert_one({"_id": str(OID)})
        there = [str(OID) if each == "text" else each for each in there]

    assert sorted(await found(repository, said)) == sorted(there)


async def test_times_are_compared_as_dates_and_text_of_others_is_none(
    repository: Repository, raw: Raw
) -> None:
    raw.insert_many(
        [
            {"_id": "date", "_created_at": datetime(2026, 3, 1, 12, tzinfo=UTC)},
            {"_id": "text", "_created_at": "2026-03-01T12:00:00.000Z"},
        ]
    )

    assert await found(repository, {"_created_at": "2026-03-01T12:00:00Z"}) == ["date"]
    assert await found(repository, {"_created_at": {"$gt": "2026-01-01T00:00:00Z"}}) == ["date"]


VALUES: list[Any] = [
    *(None, 3, 7.5, 2**40, float("nan"), Decimal128("1.5"), "a", "b", {"n": 1}, [], [5, "x"], [[1]]),
    *(
        # Of one length and subtype: MongoDB goes by length, subtype and bytes; SecantusDB 0.7.0b3 sorts so and compares
        # otherwise.
        Binary(b"xyz"),
        Binary(b"abc"),
        OID,
        True,
        False,
        datetime(2026, 3, 1, tzinfo=UTC),
        Timestamp(5, 1),
    ),
    *(Code("f()"), MinKey(), MaxKey(), [None], [OID, 3], [True, "a"]),
]


@pytest.mark.parametrize("limit", [1, 3])
@pytest.mark.parametrize("descending", [False, True])
async def test_a_sort_by_values_of_every_type_loses_and_repeats_nothing(
    repository: Repository, raw: Raw, limit: int, *, descending: bool
) -> None:
    raw.insert_many([{"_id": f"d{number:02}", "value": each} for number, each in enumerate(VALUES)])
    raw.insert_many([{"_id": "missing"}, {"_id": OID, "value": 3}])
    sort: Sort = (SortField("value", descending), *BY_ID)
    whole = await repository.page(PageQuery(100, sort=sort))

    seen, after = [], None
    for _ in range(len(VALUES) + 5):
        page = await repository.page(PageQuery(limit, after, sort=sort))
        seen += [each.id for each in page.items]
        if page.next is None:
            break
        after = msgspec.json.decode(msgspec.json.encode(page.next))

    assert seen == [each.id for each in whole.items]
    assert len(seen) == len(VALUES) + 2


async def test_a_page_cannot_end_at_a_regular_expression_and_another_can(
    repository: Repository, raw: Raw
) -> None:
    raw.insert_many(
        [{"_id": "a", "value": 1}, {"_id": "b", "value": Regex("^a")}, {"_id": "c", "value": MaxKey()}]
    )
    sort: Sort = (SortField("value"), *BY_ID)

    with pytest.raises(PositionTooLong):
        await repository.page(PageQuery(2, sort=sort))

    first = await repository.page(PageQuery(1, sort=sort))
    second = await repository.page(PageQuery(2, first.next, sort=sort))
    assert [each.id for each in (*first.items, *second.items)] == ["a", "b", "c"]
