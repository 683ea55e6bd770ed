"""The stores that a service is run on, what can befall them, and a look into them that needs no service.

A kill -9 ends a process and not its machine: what the kernel was given is kept, and nothing here tells of a loss of
power. SQLite gives each commit to the kernel, and syncs it, by WAL and `synchronous = FULL`, which the service sets.
SecantusDB syncs WiredTiger's log at each commit only with `--sync-on-commit`, which tests/cluster/mongodb.py gives it.
Three kills under load without it lost nothing of 819 acknowledged writes: it matters for a loss of power.
"""

import json
import secrets
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

from pymongo import MongoClient

from tests.cluster.mongodb import MongoServer
from tests.faults.service.schedule import Kind

_DATABASE: Final = "faults"


class Name(StrEnum):
    """As in tests/contract."""

    SQLITE = "sqlite"
    MOTOR = "mongodb-motor"
    PYMONGO = "mongodb-pymongo"

    @property
    def kinds(self) -> Sequence[Kind]:
        """Faults that can befall a service on it."""
        return (Kind.KILL_SERVICE,) if self is Name.SQLITE else tuple(Kind)


@dataclass(frozen=True)
class Store:
    """Fresh and empty."""

    name: Name
    folder: Path
    server: MongoServer | None = None
    """Started; None for SQLite."""
    _collection: str = field(default_factory=lambda: f"documents_{secrets.token_hex(6)}")

    def settings(self, port: int) -> dict[str, str]:
        """Those of a service that comes to its database by that port of the loopback."""
        if self.server is None:
            return {"DATABASE__KIND": "sqlite", "DATABASE__SQLITE__PATH": str(self._file)}
        return {
            "DATABASE__KIND": "mongodb",
            # Direct, or the driver would go to the address that the server gives itself.
            "DATABASE__MONGODB__URI": f"mongodb://127.0.0.1:{port}/?directConnection=true",
            "DATABASE__MONGODB__DATABASE": _DATABASE,
            "DATABASE__MONGODB__COLLECTION": self._collection,
            "DATABASE__MONGODB__DRIVER": self.name.removeprefix("mongodb-"),
        }

    def documents(self) -> list[dict[str, Any]]:
        """All that is stored, however it came there."""
        if self.server is None:
            with closing(sqlite3.connect(self._file)) as connection:
                return [json.loads(row[0]) for row in connection.execute("SELECT document FROM documents")]
        with MongoClient[dict[str, Any]](self.server.uri) as client:
            return list(client[_DATABASE][self._collection].find())

    @property
    def _file(self) -> Path:
        return self.folder / "documents.db"
