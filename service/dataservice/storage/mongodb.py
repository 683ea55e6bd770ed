"""MongoDB, and what speaks its protocol."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping, Sequence
from contextlib import aclosing
from typing import Any, TypeVar

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import BulkWriteError, DuplicateKeyError, OperationFailure

from dataservice.deadline import Deadline
from dataservice.domain.document import ETAG, ID, Document, Stored
from dataservice.domain.event import Event, EventPosition
from dataservice.domain.index import Index
from dataservice.domain.page import Page, PageQuery
from dataservice.domain.query.budget import QUERY_SECONDS
from dataservice.domain.query.tree import EVERYTHING, Condition
from dataservice.domain.repository import ESTIMATE_MOST
from dataservice.errors import DuplicateDocument, InvalidDocument, StoreUnavailable, let_go
from dataservice.settings import MongoDBSettings
from dataservice.storage.mongodb_codec import from_bson, replacement, shows_object_id, to_bson
from dataservice.storage.mongodb_drivers import Collection, Connection
from dataservice.storage.mongodb_errors import (
    AUTHENTICATION_FAILED,
    DriverErrors,
    duplicate_fields,
    index_error,
    write_error,
)
from dataservice.storage.mongodb_events import changes
from dataservice.storage.mongodb_filter import Filter, compiled
from dataservice.storage.mongodb_positions import after, position_of
from dataservice.storage.mongodb_reader import MongoDBReader
from dataservice.storage.mongodb_writer import MongoDBWriter

# The driver tries again after a time-out, and Motor's threads are few: without a bound over all of it, whoever
# comes last to a server that hangs waits for all before.
_REQUEST_SECONDS = 5.0
# The server itself gives a query up: it would go on after a client that went away.
_QUERY_MS = int(QUERY_SECONDS * 1000)
_NO_DOCUMENT = object()
_T = TypeVar("_T")


class MongoDBRepository:
    def __init__(
        self, settings: MongoDBSettings, observe_group: Callable[[int], None] = lambda _: None
    ) -> None:
        """`observe_group` is told how many documents each insert command has."""
        self._connection = Connection(settings)
        self._collection = self._connection.collection
        self._reader = MongoDBReader(self._collection, _REQUEST_SECONDS)
        self._writer = MongoDBWriter(self._collection, _REQUEST_SECONDS, observe_group)
        self._namespace = f"{settings.database}.{settings.collection}"
        self.where = _hosts(settings.uri.get_secret_value())
        self._errors = DriverErrors(self.where)
        self._deadline = Deadline(_REQUEST_SECONDS)

    async def open(self) -> None:
        """Nothing to do: the driver connects by itself, and again after each failure."""

    async def close(self) -> None:
        await self._reader.close()
        await self._writer.close()
        await self._connection.close()

    async def ping(self) -> None:
        with self._errors:
            await self._connection.ping()

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        if not indexes:
            return
        with self._errors:
            async with self._connection.patient() as collection:
                for index in indexes:  # one at a time: the server does not say which of several it refuses
                    await self._create_index(collection, index)

    async def insert(self, document: Document) -> None:
        if await self._shown_as_object_ids((document,)):
            raise DuplicateDocument((ID,))
        try:
            await self._bounded(self._writer.insert(to_bson(document)))
        except DuplicateKeyError as error:
            known = (await self._etags((document,))).get(document.id, _NO_DOCUMENT)
            if known != document.etag:
                fields = duplicate_fields(error.details) if known is _NO_DOCUMENT else (ID,)
                raise DuplicateDocument(fields) from error

    async def insert_many(self, documents: Sequence[Document]) -> tuple[Exception | None, ...]:
        shown = await self._shown_as_object_ids(documents)
        new = [each for each in documents if each.id not in shown]
        outcomes = await self._insert_new(new) if new else {}
        taken = DuplicateDocument((ID,))
        return tuple(taken if each.id in shown else outcomes.get(each.etag) for each in documents)

    async def _insert_new(self, documents: Sequence[Document]) -> dict[str, Exception]:
        """Why documents were not stored, by their etags."""
        try:
            new = [to_bson(each) for each in documents]
            await self._bounded(self._collection.insert_many(new, ordered=False))
        except BulkWriteError as error:
            told = error.details["writeErrors"]
        except InvalidDocument:  # one is too large for any message, and the driver does not say which
            return await self._insert_each(documents)
        else:
            return {}
        errors = [(documents[each["index"]], write_error(each, self.where)) for each in told]
        known = await self._etags([each for each, error in errors if isinstance(error, DuplicateDocument)])
        reasons = ((each, _reason(each, error, known)) for each, error in errors)
        return {each.etag: reason for each, reason in reasons if reason}

    async def _insert_each(self, documents: Sequence[Document]) -> dict[str, Exception]:
        """The first one that the server does not answer ends it: each wait has its bound, and they would add up."""
        outcomes: dict[str, Exception] = {}
        for position, each in enumerate(documents):
            try:
                await self.insert(each)
            except (DuplicateDocument, InvalidDocument) as error:
                let_go(error)
                outcomes[each.etag] = error
            except StoreUnavailable as error:
                return outcomes | dict.fromkeys((left.etag for left in documents[position:]), error)
        return outcomes

    async def get(self, document_id: str) -> Stored | None:
        raw = await self._bounded(self._reader.get(document_id))
        return from_bson(raw, native=raw) if raw else None

    async def replace(self, old: Stored, new: Document) -> bool:
        raw: dict[str, Any] = old.native
        try:
            replaced = self._collection.replace_one(_as_read(raw), replacement(raw, new))
            done = await self._bounded(replaced)
        except DuplicateKeyError as error:
            raise DuplicateDocument(duplicate_fields(error.details)) from error
        # As for an insert: the second try of the driver meets what the first, whose answer was lost, has written.
        return bool(done.matched_count == 1 or await self._etag(raw[ID]) == new.etag)

    async def delete(self, old: Stored) -> bool:
        done = await self._bounded(self._collection.delete_one(_as_read(old.native)))
        return bool(done.deleted_count == 1)

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        rows = await self._bounded(self._collection.find({ID: {"$in": list(ids)}}).to_list(None))
        return {stored.id: stored for stored in map(from_bson, rows)}

    async def page(self, query: PageQuery) -> Page:
        cursor = self._collection.find(
            _both(compiled(query.condition), after(query.after, query.sort)),
            sort=[(field.name, DESCENDING if field.descending else ASCENDING) for field in query.sort],
            limit=query.limit + 1,
            max_time_ms=_QUERY_MS,
        )
        rows = await self._bounded(cursor.to_list(query.limit + 1))
        items = tuple(map(from_bson, rows[: query.limit]))
        more = len(rows) > query.limit
        return Page(items, position_of(rows[query.limit - 1], query.sort) if more else None)

    async def count(self, condition: Condition, *, estimated: bool) -> int:
        if estimated and condition == EVERYTHING:
            return await self._bounded(self._collection.estimated_document_count(maxTimeMS=_QUERY_MS))
        most = {"limit": ESTIMATE_MOST} if estimated else {}
        counted = self._collection.count_documents(compiled(condition), maxTimeMS=_QUERY_MS, **most)
        return await self._bounded(counted)

    async def watch(self, after: EventPosition | None) -> AsyncGenerator[Event]:
        with self._errors:
            async with aclosing(changes(self._connection.watched(), after)) as events:
                async for event in events:
                    yield event

    async def _bounded(self, work: Awaitable[_T]) -> _T:
        with self._errors:
            return await self._deadline.wait(work)

    async def _etag(self, document_id: Any) -> Any:
        """What the document holds as its `_etag`; _NO_DOCUMENT if there is none."""
        found = await self._bounded(self._collection.find_one({ID: document_id}, {ETAG: 1}))
        return _NO_DOCUMENT if found is None else found.get(ETAG)

    async def _etags(self, documents: Sequence[Document]) -> dict[str, Any]:
        """By the ids of those that the store has."""
        rows = await self._rows({ID: {"$in": [each.id for each in documents]}}) if documents else []
        return {row[ID]: row.get(ETAG) for row in rows}

    async def _shown_as_object_ids(self, documents: Sequence[Document]) -> set[str]:
        """The ids that are taken by ObjectIds, which are shown, and found, as their 24 digits."""
        digits = [ObjectId(each.id) for each in documents if shows_object_id(each.id)]
        rows = await self._rows({ID: {"$in": digits}}) if digits else []
        return {str(row[ID]) for row in rows}

    async def _rows(self, query: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Ids and etags."""
        rows = self._collection.find(query, projection={ID: 1, ETAG: 1}).to_list(None)
        return await self._bounded(rows)

    async def _create_index(self, collection: Collection, index: Index) -> None:
        try:
            await collection.create_indexes([_model(index)])
        except OperationFailure as error:
            if error.code == AUTHENTICATION_FAILED:
                raise
            raise index_error(error, index, self._namespace) from error


def _both(first: Filter, second: Filter) -> Filter:
    return {"$and": [first, second]} if first and second else first or second


def _as_read(raw: dict[str, Any]) -> dict[str, Any]:
    """The filter for a document, as long as its version is that which was read. Another program may have left it
    without an `_etag`, or with anything under that name.
    """
    version = {"$eq": raw[ETAG]} if ETAG in raw else {"$exists": False}
    return {ID: {"$eq": raw[ID]}, ETAG: version}


def _reason(document: Document, error: Exception, known: Mapping[str, Any]) -> Exception | None:
    """What remains of a refusal, with the etags of the documents that are there.

    The driver retries an insert whose answer was lost; the second try then meets our own document: it is stored. Of
    several unique indexes the server names any; who sends a document again shall hear that it is there.
    """
    if not isinstance(error, DuplicateDocument) or document.id not in known:
        return error
    return None if known[document.id] == document.etag else DuplicateDocument((ID,))


def _model(index: Index) -> IndexModel:
    keys = [(field.path, DESCENDING if field.descending else ASCENDING) for field in index.fields]
    return IndexModel(keys, unique=index.unique)


def _hosts(uri: str) -> str:
    """Hosts and ports of a URI, without credentials and options."""
    authority = uri.partition("://")[2].partition("?")[0].partition("/")[0]
    return authority.rpartition("@")[2]
