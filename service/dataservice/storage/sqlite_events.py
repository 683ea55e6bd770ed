"""What happens to documents, from the history that the file keeps (sqlite_layout.py has its triggers)."""

import sqlite3
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from dataservice.domain.event import Change, Event, EventPosition, Kind
from dataservice.storage.event_log import BATCH, Bell, Log, follow
from dataservice.storage.sqlite_thread import SQLiteThread

_NOW: Final = "SELECT origin, (SELECT coalesce(max(number), 0) FROM events) FROM history"
_EVENTS: Final = """
SELECT number, kind, events.id, document FROM events LEFT JOIN documents USING (id)
WHERE number > ? ORDER BY number LIMIT ?
"""
# Other processes that write to the file ring no bell.
_POLL_SECONDS: Final = 0.5


async def changes(reader: SQLiteThread, bell: Bell, after: EventPosition | None) -> AsyncGenerator[Event]:
    """As `Repository.watch`; `bell` rings when this process has written."""

    async def read(last: int) -> list[tuple[int, Change | None]]:
        rows = await reader.run(lambda connection: connection.execute(_EVENTS, (last, BATCH)).fetchall())
        return [(number, _change(kind, *document)) for number, kind, *document in rows]

    origin, last = await reader.run(_now)
    async with aclosing(follow(Log(origin, last, read), bell, after, _POLL_SECONDS)) as events:
        async for event in events:
            yield event


def _now(connection: sqlite3.Connection) -> tuple[str, int]:
    origin, last = connection.execute(_NOW).fetchone()
    return origin, last


def _change(kind: Kind, document_id: str, document: str | None) -> Change | None:
    if kind == "deleted":
        return Change(kind, document_id, None)
    return Change(kind, document_id, document.encode()) if document else None  # None: its deletion follows
