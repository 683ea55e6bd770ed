"""The embedded store: documents as JSON text in one SQLite file."""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

import msgspec

from dataservice.domain.document import Document, Stored
from dataservice.domain.event import Event, EventPosition
from dataservice.domain.index import Index
from dataservice.domain.page import Page, PageQuery
from dataservice.domain.query.budget import QUERY_SECONDS, Budget
from dataservice.domain.query.sort import BY_ID
from dataservice.domain.query.tree import EVERYTHING, Condition
from dataservice.domain.repository import ESTIMATE_MOST
from dataservice.errors import DuplicateDocument, IndexConflict, StoreUnavailable
from dataservice.storage.event_log import Bell
from dataservice.storage.groups import Bounds, Groups
from dataservice.storage.sqlite_events import changes
from dataservice.storage.sqlite_indexes import (
    check_index,
    create_index,
    fields_of_violation,
    index_name,
    stale_indexes,
)
from dataservice.storage.sqlite_inserts import SQLiteInserts
from dataservice.storage.sqlite_query import find, number, stored
from dataservice.storage.sqlite_thread import SQLiteThread

_T = TypeVar("_T")

# Queries wait for each other: whoever has waited so long is told at once, and the queue is short again.
_QUEUE_SECONDS = 5.0
_REPLACE = "UPDATE documents SET etag = ?, document = ? WHERE id = ? AND etag = ?"
_DELETE = "DELETE FROM documents WHERE id = ? AND etag = ?"
_GET_MANY = "SELECT id, etag, document, request FROM documents WHERE id IN (SELECT value FROM json_each(?))"
_MOST_IDS = 100
_PAGE = "SELECT id, etag, document, request FROM documents WHERE id > ? ORDER BY id LIMIT ?"


class SQLiteRepository:
    """One thread writes, one reads and one searches, each with its own connection: the event loop never waits for a
    disk, and a document that is asked for by its id never for a query.
    """

    def __init__(
        self,
        path: Path,
        observe_group: Callable[[int], None] = lambda _: None,
        *,
        query_seconds: float = QUERY_SECONDS,
        queue_seconds: float = _QUEUE_SECONDS,
    ) -> None:
        """`observe_group` is told, by another thread, how many writes shared a commit."""
        self._query_seconds = query_seconds
        self._queue_seconds = queue_seconds
        self.where = str(path)
        self._bell = Bell()
        self._writer = SQLiteThread(path, "writer", done=self._bell.ring, observe_group=observe_group)
        self._inserts = SQLiteInserts(self._writer)
        self._reader = SQLiteThread(path, "reader")
        self._searcher = SQLiteThread(path, "searcher")
        # To hand over to the thread and back costs 50 us, to find a document 5.
        self._gets: Groups[str, Stored | None] = Groups(self._get_all, Bounds(_MOST_IDS))

    async def open(self) -> None:
        self._writer.start()
        self._reader.start()
        self._searcher.start()

    async def close(self) -> None:
        await self._gets.close()
        await self._inserts.close()
        await self._searcher.stop()
        await self._reader.stop()
        await self._writer.stop()

    async def ping(self) -> None:
        await self._reader.run(
            lambda connection: connection.execute("SELECT 1 FROM documents LIMIT 1").fetchone()
        )

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        for index in indexes:
            check_index(index)

        def ensure(connection: sqlite3.Connection) -> None:
            for name in stale_indexes(connection, {index_name(index) for index in indexes}):
                connection.execute(f'DROP INDEX "{name}"')
            for index in indexes:
                connection.execute(create_index(index))

        try:
            await self._writer.run(ensure)
        except sqlite3.IntegrityError as error:
            fields = ", ".join(fields_of_violation(error))
            raise IndexConflict(f"documents that exist share their {fields}") from error

    async def insert(self, document: Document) -> None:
        (duplicate,) = await self._inserts.insert((document,))
        if duplicate:
            raise DuplicateDocument(duplicate.fields)

    async def insert_many(self, documents: Sequence[Document]) -> tuple[Exception | None, ...]:
        return tuple(await self._inserts.insert(documents))

    async def get(self, document_id: str) -> Stored | None:
        return await self._gets.put(document_id)

    async def replace(self, old: Stored, new: Document) -> bool:
        row = (new.etag, new.json.decode(), old.id, old.etag)
        try:
            changed = await self._writer.run(lambda connection: connection.execute(_REPLACE, row).rowcount)
        except sqlite3.IntegrityError as error:
            raise DuplicateDocument(fields_of_violation(error)) from error
        return changed == 1

    async def delete(self, old: Stored) -> bool:
        row = (old.id, old.etag)
        changed = await self._writer.run(lambda connection: connection.execute(_DELETE, row).rowcount)
        return changed == 1

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        parameters = (msgspec.json.encode(ids).decode(),)
        rows = await self._reader.run(lambda connection: connection.execute(_GET_MANY, parameters).fetchall())
        return {row[0]: stored(row) for row in rows}

    async def _get_all(self, ids: Sequence[str]) -> Sequence[Stored | None]:
        found = await self.get_many(ids)
        return [found.get(each) for each in ids]

    async def page(self, query: PageQuery) -> Page:
        if query.condition != EVERYTHING or query.sort != BY_ID:
            return await self._search(lambda connection: find(connection, query, self._query_seconds))
        parameters = (query.after or "", query.limit + 1)
        rows = await self._reader.run(lambda connection: connection.execute(_PAGE, parameters).fetchall())
        items = tuple(map(stored, rows[: query.limit]))
        return Page(items, items[-1].id if len(rows) > query.limit else None)

    async def count(self, condition: Condition, *, estimated: bool) -> int:
        most = ESTIMATE_MOST if estimated else None
        return await self._search(lambda connection: number(connection, condition, self._query_seconds, most))

    def watch(self, after: EventPosition | None) -> AsyncGenerator[Event]:
        return changes(self._reader, self._bell, after)

    async def _search(self, job: Callable[[sqlite3.Connection], _T]) -> _T:
        """Raises StoreUnavailable if the job's turn comes too late."""
        waiting = Budget(self._queue_seconds)

        def in_time(connection: sqlite3.Connection) -> _T:
            if waiting.over:
                raise StoreUnavailable(self.where)
            return job(connection)

        return await self._searcher.run(in_time)
