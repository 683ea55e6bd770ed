"""Inserts that come while one is under way go to the server together."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import bson
from bson.raw_bson import RawBSONDocument
from pymongo.errors import BulkWriteError, DocumentTooLarge, DuplicateKeyError, WriteConcernError, WriteError

from dataservice.storage.mongodb_drivers import CODEC, Collection

MOST_DOCUMENTS: Final = 256
MOST_BYTES: Final = 4 * 2**20
"""Of a group; a larger document is sent alone."""

_MOST_BYTES_OF_A_DOCUMENT: Final = 16 * 2**20
"""https://www.mongodb.com/docs/manual/reference/limits/: the driver does not look at what is encoded already."""

_DUPLICATE_KEYS: Final = frozenset({11000, 11001, 12582})


@dataclass(frozen=True, slots=True)
class _Insert:
    document: RawBSONDocument
    outcome: asyncio.Future[None]

    @property
    def size(self) -> int:
        return len(self.document.raw)


class MongoDBWriter:
    """An insert goes at once while no other is under way; those that come meanwhile are the next group. So an idle
    service adds no wait, and a busy one pays for a command, 300 us of the driver's time, once for many documents.
    """

    def __init__(
        self, collection: Collection, seconds: float, observe_group: Callable[[int], None] = lambda _: None
    ) -> None:
        """`seconds` is how long a group may be under way; `observe_group` is told how many documents each has."""
        self._collection = collection
        self._seconds = seconds
        self._observe_group = observe_group
        self._waiting: deque[_Insert] = deque()
        self._sending: asyncio.Task[None] | None = None

    async def insert(self, fields: Mapping[str, Any]) -> None:
        """Return once it is acknowledged. Raises the driver's errors: DocumentTooLarge, DuplicateKeyError and
        WriteError as an insert of this document alone would.
        """
        encoded = bson.encode(fields, codec_options=CODEC)
        if len(encoded) > _MOST_BYTES_OF_A_DOCUMENT:
            raise DocumentTooLarge(f"{len(encoded)} bytes")
        outcome = asyncio.get_running_loop().create_future()
        self._waiting.append(_Insert(RawBSONDocument(encoded), outcome))
        if self._sending is None or self._sending.done():
            # Its own task, so that a request that is cancelled takes nobody's insert with it.
            self._sending = asyncio.create_task(self._send_all())
        await outcome

    async def close(self) -> None:
        """Wait for what is under way."""
        if self._sending is not None:
            await self._sending

    async def _send_all(self) -> None:
        while group := self._next_group():
            self._observe_group(len(group))
            try:
                async with asyncio.timeout(self._seconds):
                    await self._collection.insert_many([each.document for each in group], ordered=False)
            except BulkWriteError as error:
                _settle(group, _errors(error.details or {}, len(group)))
            except Exception as error:  # noqa: BLE001 - raised where each insert is awaited; this task has to live on
                _settle(group, [error] * len(group))
            else:
                _settle(group, [None] * len(group))

    def _next_group(self) -> list[_Insert]:
        group: list[_Insert] = []
        size = 0
        while self._waiting and len(group) < MOST_DOCUMENTS:
            size += self._waiting[0].size
            if group and size > MOST_BYTES:
                break
            insert = self._waiting.popleft()
            if insert.outcome.done():  # its request was cancelled
                size -= insert.size
            else:
                group.append(insert)
        return group


def _errors(details: Mapping[str, Any], count: int) -> list[Exception | None]:
    """What each insert of a group would have been told alone, from what the server said of all."""
    unconfirmed = details.get("writeConcernErrors")
    errors: list[Exception | None] = [_unconfirmed(unconfirmed[0]) if unconfirmed else None] * count
    for refused in details.get("writeErrors", ()):
        kind = DuplicateKeyError if refused["code"] in _DUPLICATE_KEYS else WriteError
        errors[refused["index"]] = kind(refused.get("errmsg", ""), refused["code"], refused)
    return errors


def _unconfirmed(told: Mapping[str, Any]) -> WriteConcernError:
    return WriteConcernError(told.get("errmsg", ""), told.get("code"))


def _settle(group: Sequence[_Insert], errors: Sequence[Exception | None]) -> None:
    for insert, error in zip(group, errors, strict=True):
        if insert.outcome.done():  # its request was cancelled
            continue
        if error is None:
            insert.outcome.set_result(None)
        else:
            insert.outcome.set_exception(error)
