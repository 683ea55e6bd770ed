"""The layout of the SQLite file, and its version for those to come."""

import sqlite3

# What leads from each version to the next; 0 is an empty file.
_STEPS = (
    "CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, etag TEXT NOT NULL, document TEXT NOT NULL) STRICT",
    "ALTER TABLE documents ADD COLUMN request TEXT",
)
_VERSION = len(_STEPS)


def lay_out(connection: sqlite3.Connection) -> None:
    """All of it or nothing, if the connection is closed after an error.

    Raises DatabaseError on a file of a later version, which this one could damage.
    """
    if _version(connection) == _VERSION:
        return
    connection.execute("BEGIN IMMEDIATE")
    # Looked at again: another thread or process may have been faster.
    for step in _STEPS[_version(connection) :]:
        connection.execute(step)
    connection.execute(f"PRAGMA user_version = {_VERSION}")
    connection.execute("COMMIT")


def _version(connection: sqlite3.Connection) -> int:
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version > _VERSION:
        raise sqlite3.DatabaseError(f"written by a newer version of this service (layout {version})")
    return version
