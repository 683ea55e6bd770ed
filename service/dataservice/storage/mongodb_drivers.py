"""The one seam where a MongoDB driver is chosen: Motor, or PyMongo's own asynchronous client.

Both give a collection with the same coroutines (`Collection` below), so nothing else knows which it is.
"""

import inspect
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, Protocol, cast

from bson.binary import UuidRepresentation
from bson.codec_options import CodecOptions, DatetimeConversion
from pymongo import AsyncMongoClient, IndexModel, ReadPreference, WriteConcern
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import ConfigurationError, InvalidName, InvalidURI
from pymongo.read_concern import ReadConcern

from dataservice.errors import InvalidSettings
from dataservice.settings import MongoDBSettings

_VARIABLES = "DATASERVICE_DATABASE__MONGODB__"
# How long a request waits before it is told that the store is away; the readiness ping has its own bound.
# Not `timeoutMS`: it would let a request wait as long for a server that is gone as for a slow answer.
_BOUNDS = {
    "serverSelectionTimeoutMS": 2_000,
    "connectTimeoutMS": 2_000,
    "socketTimeoutMS": 5_000,
    "waitQueueTimeoutMS": 5_000,
}

CODEC: CodecOptions[dict[str, Any]] = CodecOptions(
    tz_aware=True,
    uuid_representation=UuidRepresentation.STANDARD,
    # Dates of other programs may lie outside of Python's years 1 to 9999.
    datetime_conversion=DatetimeConversion.DATETIME_MS,
    # Old drivers stored text that is not UTF-8; it shall not make a whole page unreadable.
    unicode_decode_error_handler="replace",
)


class Cursor(Protocol):
    async def to_list(self, length: int | None = None) -> list[dict[str, Any]]: ...


class Collection(Protocol):
    """What the repository asks of a driver's collection."""

    async def insert_one(self, document: Mapping[str, Any], /) -> Any: ...
    async def insert_many(self, documents: Sequence[Mapping[str, Any]], *, ordered: bool) -> Any: ...
    async def replace_one(self, query: Mapping[str, Any], replacement: dict[str, Any], /) -> Any: ...
    async def delete_one(self, query: Mapping[str, Any], /) -> Any: ...
    async def find_one(
        self, query: Mapping[str, Any], /, *args: Any, **options: Any
    ) -> dict[str, Any] | None: ...
    def find(self, query: Mapping[str, Any], /, **options: Any) -> Cursor: ...
    async def count_documents(self, query: Mapping[str, Any], /, **options: Any) -> int: ...
    async def estimated_document_count(self, **options: Any) -> int: ...
    async def create_indexes(self, indexes: Sequence[IndexModel]) -> Any: ...


class Connection:
    """An open client and the collection of this instance."""

    def __init__(self, settings: MongoDBSettings) -> None:
        self._settings = settings
        self._client = _client(settings, _client_class(settings.driver))
        self._watching: Any = None
        try:
            self.collection = _collection(self._client, settings)
        except InvalidName as error:
            raise InvalidSettings(f"{_VARIABLES}DATABASE or __COLLECTION: not a name: {error}") from error

    async def ping(self) -> None:
        """A read of no document, by its `_id`: the command of that name is answered to anyone."""
        await self.collection.find({"_id": ""}, projection={"_id": 1}, limit=1).to_list(1)

    @asynccontextmanager
    async def patient(self) -> AsyncIterator[Collection]:
        """The collection through a client of its own, which waits for an answer as long as its server is there:
        the driver's monitor ends the wait for one that is not.

        The client is PyMongo's whatever the driver. A wait in one of Motor's threads goes on when it is cancelled,
        and a process that exits waits for its threads.
        """
        client = _client(self._settings, AsyncMongoClient, socketTimeoutMS=0)
        try:
            yield _collection(client, self._settings)
        finally:
            await client.close()

    def watched(self) -> AsyncCollection[dict[str, Any]]:
        """The collection through a client for change streams, whose waits must not take the connections of requests.
        It is PyMongo's whatever the driver: in Motor each wait would hold one of its few threads.
        """
        if self._watching is None:
            self._watching = _client(self._settings, AsyncMongoClient)
        collection: Any = _collection(self._watching, self._settings)
        return cast("AsyncCollection[dict[str, Any]]", collection)

    async def close(self) -> None:
        if self._watching is not None:
            await self._watching.close()
        closing = self._client.close()
        if inspect.isawaitable(closing):  # PyMongo's; Motor's returns None
            await closing


def _collection(client: Any, settings: MongoDBSettings) -> Collection:
    collection: Collection = client[settings.database].get_collection(
        settings.collection,
        codec_options=CODEC,
        # Acknowledged means: a majority has it in its journal; and what is read is never rolled back.
        write_concern=WriteConcern("majority", j=True),
        read_concern=ReadConcern("majority"),
        read_preference=ReadPreference.PRIMARY,
    )
    return collection


def _client(settings: MongoDBSettings, client_class: Any, **bounds: int) -> Any:
    uri = settings.uri.get_secret_value()
    if not uri.startswith(("mongodb://", "mongodb+srv://")):
        raise _unusable_uri()
    try:
        return client_class(
            uri,
            **_BOUNDS | bounds,
            # A streaming monitor would look at a server that refused our credentials again after 10 s only;
            # a polling one looks when a request waits for it, every half second.
            serverMonitoringMode="poll",
            appname="dataservice",
        )
    except OSError as error:
        raise InvalidSettings(
            f"{_VARIABLES}URI: it names a file: {error.filename}: {error.strerror}"
        ) from error
    except (ConfigurationError, InvalidURI, ValueError) as error:
        raise _unusable_uri() from error


def _unusable_uri() -> InvalidSettings:
    return InvalidSettings(
        f"{_VARIABLES}URI: not a MongoDB URI that can be used (its value is not shown): write"
        " mongodb://user:password@host:27017/ with user and password percent-encoded"
    )


def _client_class(driver: str) -> Any:
    # Only the chosen driver is imported: an import costs start-up time.
    if driver == "motor":
        return import_module("motor.motor_asyncio").AsyncIOMotorClient
    return import_module("pymongo").AsyncMongoClient
