"""What only a MongoDB has: documents of other programs, retried inserts, users and rights."""

import asyncio
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import msgspec
import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.datetime_ms import DatetimeMS
from pymongo.collection import Collection

from dataservice.domain.index import parse_indexes
from dataservice.domain.page import PageQuery
from dataservice.domain.repository import Repository
from dataservice.errors import DuplicateDocument, IndexConflict, InvalidDocument, StoreUnavailable
from dataservice.settings import MongoDBSettings
from tests.cluster.mongodb import MongoServer
from tests.contract.holding_proxy import HoldingProxy
from tests.contract.stores import Place, mongodb
from tests.support.documents import NOON, document
from tests.support.eventually import eventually

pytestmark = pytest.mark.mongodb

Raw = Collection[dict[str, Any]]


@pytest.fixture(params=get_args(MongoDBSettings.model_fields["driver"].annotation))
def store(request: pytest.FixtureRequest, mongodb_uri: str) -> Place:
    return Place(mongodb(mongodb_uri, request.param))


OID = ObjectId("0123456789abcdef01234567")


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (datetime(2026, 3, 1, 12, 0, 0, 7000, UTC), "2026-03-01T12:00:00.007Z"),
        (DatetimeMS(-1), "1969-12-31T23:59:59.999Z"),
        (Int64(2**53 + 1), 2**53 + 1),
        (Decimal128("12.50"), "12.50"),
        (OID, "0123456789abcdef01234567"),
        (Binary(b"\x00\xff"), "AP8="),
        (Binary(b"\x00\xff", 128), "AP8="),
        (Binary.from_uuid(UUID(int=7)), "00000000-0000-0000-0000-000000000007"),
        (Timestamp(1_772_366_400, 3), "2026-03-01T12:00:00.000Z"),
        (Regex("^a", "i"), "^a"),
        (Code("f()"), "f()"),
        (DBRef("orders", OID), {"$ref": "orders", "$id": "0123456789abcdef01234567"}),
        (MinKey(), None),
        (MaxKey(), None),
        (float("nan"), None),
        ({"$where": [Int64(1)]}, {"$where": [1]}),
    ],
    ids=lambda value: type(value).__name__,
)
async def test_what_other_programs_wrote_is_shown_as_json(
    repository: Repository, raw: Raw, value: object, shown: object
) -> None:
    raw.insert_one({"_id": "theirs", "value": value, "a.b": 1})

    stored = await repository.get("theirs")

    assert stored is not None
    assert stored.etag is None
    assert msgspec.json.decode(stored.json) == {"_id": "theirs", "value": shown, "a.b": 1}


async def test_an_object_id_is_shown_and_found_as_its_24_digits(repository: Repository, raw: Raw) -> None:
    raw.insert_one({"_id": OID, "n": 1})

    stored = await repository.get(str(OID))

    assert stored is not None
    assert (stored.id, stored.json) == (str(OID), b'{"_id":"0123456789abcdef01234567","n":1}')


async def test_the_digits_of_an_object_id_are_taken(repository: Repository, raw: Raw) -> None:
    raw.insert_one({"_id": OID})

    with pytest.raises(DuplicateDocument):
        await repository.insert(document(document_id=str(OID)))


async def test_24_digits_may_be_a_documents_own_id(repository: Repository) -> None:
    own = document(document_id=str(OID))

    await repository.insert(own)

    stored = await repository.get(str(OID))
    assert stored is not None
    assert stored.json == own.json


async def test_who_asks_at_once_for_either_kind_of_id_is_given_its_own(
    repository: Repository, raw: Raw
) -> None:
    other = ObjectId()
    raw.insert_many([{"_id": OID, "n": 1}, {"_id": other, "n": 2}, {"_id": str(OID), "n": 3}, {"_id": "a"}])
    asked = ["a", str(OID), str(other), str(ObjectId()), "a"]

    found = await asyncio.gather(*(repository.get(each) for each in asked))

    assert [each and msgspec.json.decode(each.json).get("n") for each in found] == [None, 3, 2, None, None]
    assert [each and each.id for each in found] == ["a", str(OID), str(other), None, "a"]


async def test_a_list_holds_documents_with_ids_of_every_type_once(repository: Repository, raw: Raw) -> None:
    ids: list[Any] = [
        None,
        3,
        7.5,
        2**40,
        "a",
        "b",
        Binary(b"xyz"),
        OID,
        ObjectId(),
        datetime(2026, 3, 1, tzinfo=UTC),
        Code("f()"),
        MaxKey(),
    ]
    raw.insert_many([{"_id": each} for each in reversed(ids)])

    seen, after = [], None
    while True:
        page = await repository.page(PageQuery(1, after))
        seen += [msgspec.json.decode(item.json)["_id"] for item in page.items]
        if page.next is None:
            break
        after = msgspec.json.decode(msgspec.json.encode(page.next))

    assert seen[:6] == [None, 3, 7.5, 2**40, "a", "b"]
    assert len(seen) == len(ids)


@pytest.mark.parametrize("nan", [float("nan"), Decimal128("NaN"), Decimal128("-NaN")], ids=str)
async def test_an_id_that_is_no_number_does_not_end_a_list(
    repository: Repository, raw: Raw, nan: float | Decimal128
) -> None:
    """A comparison with NaN is never true."""
    raw.insert_many([{"_id": each} for each in ("text", 3, -5.5, nan, None)])

    first = await repository.page(PageQuery(2))
    second = await repository.page(PageQuery(3, msgspec.json.decode(msgspec.json.encode(first.next))))

    assert [msgspec.json.decode(item.json)["_id"] for item in second.items] == [-5.5, 3, "text"]
    assert second.next is None


async def test_integers_and_times_are_kept_in_types_that_other_programs_expect(
    repository: Repository, raw: Raw
) -> None:
    new = document({"small": 1, "large": 2**53 + 1, "real": 1.0})

    await repository.insert(new)

    kept = raw.find_one({"_id": new.id})
    assert kept is not None
    assert kept["_created_at"] == kept["_updated_at"] == datetime.fromtimestamp(NOON / 1000, UTC)
    assert raw.count_documents({"_id": new.id, "large": {"$type": "long"}, "real": {"$type": "double"}}) == 1


async def test_an_insert_that_the_driver_tried_twice_is_no_duplicate(
    repository: Repository, raw: Raw
) -> None:
    """The first try arrived and its answer was lost: the second meets our own document."""
    new = document({"n": 1})
    raw.insert_one({"_id": new.id, "n": 1, "_etag": new.etag})

    await repository.insert(new)

    assert raw.count_documents({}) == 1


async def test_another_ones_unique_index_is_named_by_its_fields(repository: Repository, raw: Raw) -> None:
    raw.create_index([("mail", 1)], unique=True, name="made by hand")
    await repository.insert(document({"mail": "a@example.com"}))

    with pytest.raises(DuplicateDocument) as refused:
        await repository.insert(document({"mail": "a@example.com"}))

    assert refused.value.fields == ("mail",)


async def test_an_index_that_exists_with_other_options_is_a_conflict(
    repository: Repository, raw: Raw
) -> None:
    raw.create_index([("sku", 1)])

    with pytest.raises(IndexConflict, match="other options"):
        await repository.ensure_indexes(parse_indexes(b'[{"fields": ["sku"], "unique": true}]'))


async def test_an_index_that_exists_by_the_same_name_is_a_conflict(repository: Repository, raw: Raw) -> None:
    raw.create_index([("stock_keeping_unit", 1)], name="sku_1")

    with pytest.raises(IndexConflict, match="name of that on sku"):
        await repository.ensure_indexes(parse_indexes(b'[{"fields": ["sku"]}]'))


async def test_of_several_indexes_the_one_that_cannot_be_made_is_named(
    repository: Repository, raw: Raw
) -> None:
    raw.insert_many([{"_id": "a", "sku": 1, "lot": 1}, {"_id": "b", "sku": 2, "lot": 1}])
    declared = parse_indexes(b'[{"fields": ["sku"], "unique": true}, {"fields": ["lot"], "unique": true}]')

    with pytest.raises(IndexConflict, match="share their lot:"):
        await repository.ensure_indexes(declared)


async def test_a_wait_for_indexes_that_is_cancelled_goes_on_nowhere(
    store: Place, mongo_server: MongoServer
) -> None:
    """In a thread it would, and hold up the end of a process that waits for its threads."""
    proxy = HoldingProxy(mongo_server.port, b"createIndexes")
    proxy.start()
    uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
    repository = Place(mongodb(uri, store.database.mongodb.driver)).repository()
    waiting = asyncio.create_task(repository.ensure_indexes(parse_indexes(b'[{"fields": ["sku"]}]')))
    await asyncio.to_thread(eventually, lambda: proxy.waiting == 1)

    waiting.cancel()

    with pytest.raises(asyncio.CancelledError):
        await waiting
    await asyncio.to_thread(eventually, lambda: proxy.waiting == 0)
    await repository.close()
    proxy.close()


async def test_a_document_that_is_too_large_for_mongodb_is_refused(repository: Repository) -> None:
    with pytest.raises(InvalidDocument) as refused:
        await repository.insert(document({"text": "x" * 17 * 2**20}))

    assert refused.value.violations[0].code == "too-large"


async def test_a_server_that_is_not_there_is_unavailable_within_its_bound() -> None:
    for driver in get_args(MongoDBSettings.model_fields["driver"].annotation):
        away = Place(mongodb("mongodb://user:secret@127.0.0.1:1/?tls=false", driver)).repository()
        await away.open()

        with pytest.raises(StoreUnavailable) as refused:
            await away.get("x")

        await away.close()
        assert str(refused.value) == "the store at 127.0.0.1:1 does not answer"


async def test_many_that_the_driver_tried_twice_are_no_duplicates(repository: Repository, raw: Raw) -> None:
    new = [document({"n": n}) for n in range(4)]
    raw.insert_many([{"_id": each.id, "_etag": each.etag} for each in new[1:3]])

    outcomes = await repository.insert_many([*new, document(document_id=new[1].id)])

    assert outcomes[:4] == (None,) * 4
    assert isinstance(outcomes[4], DuplicateDocument)


async def test_of_many_the_digits_of_an_object_id_are_taken(repository: Repository, raw: Raw) -> None:
    raw.insert_one({"_id": OID})

    outcomes = await repository.insert_many([document(document_id=str(OID)), document()])

    assert isinstance(outcomes[0], DuplicateDocument)
    assert outcomes[1] is None


@pytest.mark.parametrize(
    "fields", [{"text": "x" * 17 * 2**20}, {"numbers": [0] * 6_000_000}], ids=["a document", "a message"]
)
async def test_of_many_documents_one_that_is_too_large_is_refused_alone(
    repository: Repository, fields: dict[str, Any]
) -> None:
    outcomes = await repository.insert_many([document(), document(fields), document()])

    assert isinstance(outcomes[1], InvalidDocument)
    assert (outcomes[0], outcomes[2]) == (None, None)


async def test_of_many_nothing_is_told_where_the_server_did_not_answer(
    store: Place, mongo_server: MongoServer
) -> None:
    """They may be stored or not: no outcome is claimed for any."""
    proxy = HoldingProxy(mongo_server.port, b"insert")
    proxy.start()
    uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true&retryWrites=false"
    repository = Place(mongodb(uri, store.database.mongodb.driver)).repository()
    inserting = asyncio.create_task(repository.insert_many([document(), document()]))
    await asyncio.to_thread(eventually, lambda: proxy.held == 1)

    proxy.cut()

    with pytest.raises(StoreUnavailable):
        await inserting
    await repository.close()
    proxy.close()
