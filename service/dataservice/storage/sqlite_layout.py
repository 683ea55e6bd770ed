"""The layout of the SQLite file, and its version for those to come."""

import sqlite3

_VERSION = 1
_DOCUMENTS = """
CREATE TABLE IF NOT EXISTS documents (id TEXT PRIMARY KEY, etag TEXT NOT NULL, document TEXT NOT NULL) STRICT
"""


def lay_out(connection: sqlite3.Connection) -> None:
    """Raises DatabaseError on a file of a later version, which this one could damage."""
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if version > _VERSION:
        raise sqlite3.DatabaseError(f"written by a newer version of this service (layout {version})")
    if version < _VERSION:
        connection.execute(_DOCUMENTS)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
