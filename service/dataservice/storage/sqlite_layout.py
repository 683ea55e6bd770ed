"""The layout of the SQLite file, and its version for those to come."""

import sqlite3
import time

from dataservice.domain.event import Kind
from dataservice.storage.event_log import KEPT

_DOCUMENTS = """
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, etag TEXT NOT NULL, document TEXT NOT NULL) STRICT
"""

_REQUESTS = "ALTER TABLE documents ADD COLUMN request TEXT"


def _told(kind: Kind, statement: str, row: str) -> str:
    """Whoever writes, also another program: each change is a row, in the transaction of the change."""
    return f"""
    CREATE TRIGGER {kind} AFTER {statement} ON documents
    BEGIN INSERT INTO events (kind, id) VALUES ('{kind}', {row}.id); END
    """  # noqa: S608 - of the words below


# The documents are not in it: that would double what is written, and a bound on the rows would bound nothing.
# Numbers have no gaps.
_EVENTS = (
    "CREATE TABLE events (number INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL) STRICT",
    "CREATE TABLE history (origin TEXT NOT NULL) STRICT",
    "INSERT INTO history VALUES (lower(hex(randomblob(8))))",
    _told("created", "INSERT", "NEW"),
    _told("updated", "UPDATE", "NEW"),
    _told("deleted", "DELETE", "OLD"),
    f"""
    CREATE TRIGGER forget AFTER INSERT ON events
    BEGIN DELETE FROM events WHERE number <= NEW.number - {KEPT}; END
    """,  # noqa: S608 - a constant
)
_STEPS = ((_DOCUMENTS,), (_REQUESTS,), _EVENTS)
"""From each version to the next. A step that has been released is never changed."""


_PAUSE_SECONDS = 0.005


def use_write_ahead_log(connection: sqlite3.Connection, patience: float) -> None:
    """Raises OperationalError when another connection is in the way for `patience` seconds.

    SQLite itself does not wait here, whatever its time-out: of several that open a new file at once, some would be
    refused at once.
    """
    deadline = time.monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


def lay_out(connection: sqlite3.Connection) -> None:
    """Raises DatabaseError on a file of a later version, which this one could damage."""
    if _version(connection) == len(_STEPS):
        return
    connection.execute("BEGIN IMMEDIATE")  # another process may be at it
    try:
        for step in _STEPS[_version(connection) :]:
            for statement in step:
                connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {len(_STEPS)}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise


def _version(connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > len(_STEPS):
        raise sqlite3.DatabaseError(f"written by a newer version of this service (layout {version})")
    return version
