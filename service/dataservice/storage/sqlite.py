"""The embedded store: documents as JSON text in one SQLite file."""

import sqlite3
from collections.abc import Sequence
from pathlib import Path

import msgspec

from dataservice.domain.document import Document, Stored
from dataservice.domain.index import Index
from dataservice.domain.page import Page, PageQuery
from dataservice.errors import DuplicateDocument, IndexConflict
from dataservice.storage.groups import Bounds, Groups
from dataservice.storage.sqlite_indexes import create_index, fields_of_violation, index_name, stale_indexes
from dataservice.storage.sqlite_thread import SQLiteThread

_INSERT = "INSERT INTO documents (id, etag, document) VALUES (?, ?, ?)"
_GET = "SELECT id, etag, document FROM documents WHERE id IN (SELECT value FROM json_each(?))"
_MOST_IDS = 100
_PAGE = "SELECT id, etag, document FROM documents WHERE id > ? ORDER BY id LIMIT ?"


class SQLiteRepository:
    """One thread writes and one reads, each with its own connection; the event loop never waits for a disk."""

    def __init__(self, path: Path) -> None:
        self.where = str(path)
        self._writer = SQLiteThread(path, writes=True)
        self._reader = SQLiteThread(path, writes=False)
        # To hand over to the thread and back costs 50 us, to find a document 5.
        self._gets: Groups[str, Stored | None] = Groups(self._get_all, Bounds(_MOST_IDS))

    async def open(self) -> None:
        self._writer.start()
        self._reader.start()

    async def close(self) -> None:
        await self._gets.close()
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
        row = (document.id, document.etag, document.json.decode())
        try:
            await self._writer.run(lambda connection: connection.execute(_INSERT, row))
        except sqlite3.IntegrityError as error:
            raise DuplicateDocument(fields_of_violation(error)) from error

    async def get(self, document_id: str) -> Stored | None:
        return await self._gets.put(document_id)

    async def _get_all(self, ids: Sequence[str]) -> Sequence[Stored | None]:
        asked = (msgspec.json.encode(ids).decode(),)
        rows = await self._reader.run(lambda connection: connection.execute(_GET, asked).fetchall())
        found = {row[0]: _stored(row) for row in rows}
        return [found.get(each) for each in ids]

    async def page(self, query: PageQuery) -> Page:
        parameters = (query.after or "", query.limit + 1)
        rows = await self._reader.run(lambda connection: connection.execute(_PAGE, parameters).fetchall())
        items = tuple(map(_stored, rows[: query.limit]))
        return Page(items, items[-1].id if len(rows) > query.limit else None)


def _stored(row: tuple[str, str, str]) -> Stored:
    return Stored(row[0], row[1], row[2].encode())
