"""MongoDB, and what speaks its protocol."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

from bson import ObjectId
from pymongo import ASCENDING, DESCENDING, IndexModel
from pymongo.errors import DuplicateKeyError, OperationFailure

from dataservice.domain.document import ETAG, ID, Document, Stored
from dataservice.domain.index import Index
from dataservice.domain.page import Page, PageQuery
from dataservice.errors import DuplicateDocument
from dataservice.settings import MongoDBSettings
from dataservice.storage.mongodb_codec import from_bson, to_bson
from dataservice.storage.mongodb_drivers import Collection, Connection
from dataservice.storage.mongodb_errors import (
    AUTHENTICATION_FAILED,
    DriverErrors,
    duplicate_fields,
    index_error,
)
from dataservice.storage.mongodb_positions import after, position_of
from dataservice.storage.mongodb_reader import MongoDBReader
from dataservice.storage.mongodb_writer import MongoDBWriter

# The driver tries again after a time-out, and Motor's threads are few: without a bound over all of it, whoever
# comes last to a server that hangs waits for all before.
_REQUEST_SECONDS = 5.0


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
        if ObjectId.is_valid(document.id) and await self.get(document.id):
            raise DuplicateDocument((ID,))  # an ObjectId is shown, and found, as these 24 digits
        try:
            async with self._bounded():
                await self._writer.insert(to_bson(document))
        except DuplicateKeyError as error:
            # The driver retries an insert whose answer was lost; the second try then meets our own document.
            if not await self._holds(document):
                raise DuplicateDocument(duplicate_fields(error)) from error

    async def get(self, document_id: str) -> Stored | None:
        async with self._bounded():
            raw = await self._reader.get(document_id)
        return from_bson(raw) if raw else None

    async def page(self, query: PageQuery) -> Page:
        async with self._bounded():
            cursor = self._collection.find(after(query.after), sort=[(ID, ASCENDING)], limit=query.limit + 1)
            rows = await cursor.to_list(query.limit + 1)
        items = tuple(map(from_bson, rows[: query.limit]))
        return Page(items, position_of(rows[query.limit - 1][ID]) if len(rows) > query.limit else None)

    @asynccontextmanager
    async def _bounded(self) -> AsyncIterator[None]:
        with self._errors:
            async with asyncio.timeout(_REQUEST_SECONDS):
                yield

    async def _holds(self, document: Document) -> bool:
        async with self._bounded():
            found = await self._collection.find_one({ID: document.id, ETAG: document.etag}, {ID: 1})
        return found is not None

    async def _create_index(self, collection: Collection, index: Index) -> None:
        try:
            await collection.create_indexes([_model(index)])
        except OperationFailure as error:
            if error.code == AUTHENTICATION_FAILED:
                raise
            raise index_error(error, index, self._namespace) from error


def _model(index: Index) -> IndexModel:
    keys = [(field.path, DESCENDING if field.descending else ASCENDING) for field in index.fields]
    return IndexModel(keys, unique=index.unique)


def _hosts(uri: str) -> str:
    """Hosts and ports of a URI, without credentials and options."""
    authority = uri.partition("://")[2].partition("?")[0].partition("/")[0]
    return authority.rpartition("@")[2]
