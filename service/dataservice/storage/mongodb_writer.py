"""Inserts, in groups."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

import bson
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError, DocumentTooLarge, DuplicateKeyError, WriteConcernError, WriteError

from dataservice.storage.groups import Bounds, Groups
from dataservice.storage.mongodb_drivers import CODEC, Collection

_MOST_DOCUMENTS: Final = 256
_MOST_BYTES: Final = 4 * 2**20
_MOST_BYTES_OF_A_DOCUMENT: Final = 16 * 2**20
"""https://www.mongodb.com/docs/manual/reference/limits/: the driver does not look at what is encoded already."""

_DUPLICATE_KEYS: Final = frozenset({11000, 11001, 12582})


class MongoDBWriter:
    """A command costs 300 us of the driver's time, a document in it 5 to 20."""

    def __init__(self, collection: Collection, seconds: float, observe_group: Callable[[int], None]) -> None:
        """`observe_group` is told how many documents each command has."""
        self._collection = collection
        self._observe_group = observe_group
        self._groups = Groups(self._send, Bounds(_MOST_DOCUMENTS, _MOST_BYTES, seconds))

    async def insert(self, fields: Mapping[str, Any]) -> None:
        """Return once it is acknowledged. Raises the driver's errors: DocumentTooLarge, DuplicateKeyError and
        WriteError as an insert of this document alone would.
        """
        encoded = bson.encode(fields, codec_options=CODEC)
        if len(encoded) > _MOST_BYTES_OF_A_DOCUMENT:
            raise DocumentTooLarge(f"{len(encoded)} bytes")
        await self._groups.put(RawBSONDocument(encoded), len(encoded))

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._groups.close()

    async def _send(self, documents: Sequence[RawBSONDocument]) -> Sequence[Exception | None]:
        self._observe_group(len(documents))
        if len(documents) == 1:
            await self._collection.insert_one(documents[0])  # it costs the driver less than a group of one
            return [None]
        try:
            await self._collection.insert_many(documents, ordered=False)
        except BulkWriteError as error:
            return _errors(error.details or {}, len(documents))
        return [None] * len(documents)


def _errors(details: Mapping[str, Any], count: int) -> Sequence[Exception | None]:
    """What each insert of a group would have been told alone, from what the server said of all."""
    unconfirmed = details.get("writeConcernErrors")
    errors: list[Exception | None] = [_unconfirmed(unconfirmed[0]) if unconfirmed else None] * count
    for refused in details.get("writeErrors", ()):
        kind = DuplicateKeyError if refused["code"] in _DUPLICATE_KEYS else WriteError
        errors[refused["index"]] = kind(refused.get("errmsg", ""), refused["code"], refused)
    return errors


def _unconfirmed(told: Mapping[str, Any]) -> WriteConcernError:
    return WriteConcernError(told.get("errmsg", ""), told.get("code"))
