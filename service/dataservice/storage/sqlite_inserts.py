"""Inserts, in groups."""

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import chain
from typing import Final

from dataservice.domain.document import ID, Document
from dataservice.errors import DuplicateDocument
from dataservice.storage.groups import Bounds, Groups
from dataservice.storage.sqlite_indexes import fields_of_violation
from dataservice.storage.sqlite_thread import SQLiteThread

Outcome = DuplicateDocument | None
_Row = tuple[str, str, str, str | None]

_MOST_ROWS: Final = 256
"""Of a group, and of a statement."""

_KNOWN: Final = "SELECT 1 FROM documents WHERE id = ?"


class SQLiteInserts:
    """The module gives up the interpreter for each statement, and waits to get it back while the event loop is busy:
    a statement for many rows waits once.
    """

    def __init__(self, writer: SQLiteThread) -> None:
        self._writer = writer
        self._groups: Groups[Sequence[_Row], Sequence[Outcome]] = Groups(
            self._send, Bounds(_MOST_ROWS, _MOST_ROWS)
        )

    async def insert(self, documents: Sequence[Document]) -> Sequence[Outcome]:
        """What became of each, once it is durable. Raises StoreUnavailable."""
        rows = [(each.id, each.etag, each.json.decode(), each.request) for each in documents]
        return await self._groups.put(rows, len(rows))

    async def close(self) -> None:
        """Wait for what is under way."""
        await self._groups.close()

    async def _send(self, group: Sequence[Sequence[_Row]]) -> Sequence[Sequence[Outcome]]:
        rows = list(chain.from_iterable(group))
        outcomes = iter(await self._writer.run(lambda connection: _inserted(connection, rows), len(rows)))
        return [[next(outcomes) for _ in of_one] for of_one in group]


def _inserted(connection: sqlite3.Connection, rows: Sequence[_Row]) -> list[Outcome]:
    return [outcome for part in _parts(rows) for outcome in _inserted_at_once(connection, part)]


def _parts(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    """Each a power of two: every size is a statement that stays prepared, and all up to 256 would take 25 MB."""
    at = 0
    while left := len(rows) - at:
        size = min(_MOST_ROWS, 1 << left.bit_length() - 1)
        yield rows[at : at + size]
        at += size


def _inserted_at_once(connection: sqlite3.Connection, rows: Sequence[_Row]) -> list[Outcome]:
    """A constraint undoes its own statement alone, and leaves the transaction as it was: then each row has its own."""
    try:
        connection.execute(_statement(len(rows)), [*chain.from_iterable(rows)])
    except sqlite3.IntegrityError as error:
        if len(rows) > 1:
            return [_inserted_at_once(connection, [row])[0] for row in rows]
        # Of several constraints SQLite names any. Who sends a document again shall hear that it is there.
        known = connection.execute(_KNOWN, (rows[0][0],)).fetchone()
        return [DuplicateDocument((ID,) if known else fields_of_violation(error))]
    return [None] * len(rows)


@cache
def _statement(rows: int) -> str:
    values = ", ".join(["(?, ?, ?, ?)"] * rows)
    return f"INSERT INTO documents (id, etag, document, request) VALUES {values}"  # noqa: S608 - of placeholders
