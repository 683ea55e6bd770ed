"""The embedded store: documents as JSON text in one SQLite file."""

import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from dataservice.domain.document import ID, Document, Stored
from dataservice.domain.index import Index
from dataservice.domain.page import Page, PageQuery
from dataservice.errors import DuplicateDocument, IndexConflict
from dataservice.storage.sqlite_indexes import create_index, fields_of_violation, index_name, stale_indexes
from dataservice.storage.sqlite_thread import SQLiteThread

_INSERT = "INSERT INTO documents (id, etag, document, request) VALUES (?, ?, ?, ?)"
_GET = "SELECT id, etag, document, request FROM documents WHERE id = ?"
_GET_MANY = "SELECT id, etag, document, request FROM documents WHERE id IN (SELECT value FROM json_each(?))"
_PAGE = "SELECT id, etag, document, request FROM documents WHERE id > ? ORDER BY id LIMIT ?"

_Row = tuple[str, str, str, str | None]


class SQLiteRepository:
    """One thread writes and one reads, each with its own connection; the event loop never waits for a disk."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self._writer = SQLiteThread(path, writes=True)
        self._reader = SQLiteThread(path, writes=False)

    async def open(self) -> None:
        self._writer.start()
        self._reader.start()

    async def close(self) -> None:
        await self._reader.stop()
        await self._writer.stop()

    async def ping(self) -> None:
        await self._reader.run(
            lambda connection: connection.execute("SELECT 1 FROM documents LIMIT 1").fetchone()
        )

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
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
        (error,) = await self.insert_many((document,))
        if error:
            raise error

    async def insert_many(self, documents: Sequence[Document]) -> tuple[Exception | None, ...]:
        rows = [(each.id, each.etag, each.json.decode(), each.request) for each in documents]
        return await self._writer.run(lambda connection: tuple(_inserted(connection, row) for row in rows))

    async def get(self, document_id: str) -> Stored | None:
        row = await self._reader.run(lambda connection: connection.execute(_GET, (document_id,)).fetchone())
        return _stored(row) if row else None

    async def get_many(self, ids: Sequence[str]) -> Mapping[str, Stored]:
        parameters = (msgspec.json.encode(ids).decode(),)
        rows = await self._reader.run(lambda connection: connection.execute(_GET_MANY, parameters).fetchall())
        return {stored.id: stored for stored in map(_stored, rows)}

    async def page(self, query: PageQuery) -> Page:
        parameters = (query.after or "", query.limit + 1)
        rows = await self._reader.run(lambda connection: connection.execute(_PAGE, parameters).fetchall())
        items = tuple(map(_stored, rows[: query.limit]))
        return Page(items, items[-1].id if len(rows) > query.limit else None)


def _inserted(connection: sqlite3.Connection, row: _Row) -> DuplicateDocument | None:
    """A constraint undoes its own statement alone, and leaves the transaction as it was."""
    try:
        connection.execute(_INSERT, row)
    except sqlite3.IntegrityError as error:
        # Of several constraints SQLite names any. Who sends a document again shall hear that it is there.
        known = connection.execute(_GET, (row[0],)).fetchone()
        return DuplicateDocument((ID,) if known else fields_of_violation(error))
    return None


def _stored(row: _Row) -> Stored:
    return Stored(row[0], row[1], row[2].encode(), row[3])
