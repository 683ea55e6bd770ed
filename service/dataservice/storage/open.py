"""From settings to a store."""

import sys
from collections.abc import Callable
from pathlib import Path

from dataservice.domain.repository import Repository
from dataservice.errors import InvalidSettings
from dataservice.settings import PREFIX, DatabaseSettings
from dataservice.storage.memory import MemoryRepository
from dataservice.storage.sqlite import SQLiteRepository


def repository(
    settings: DatabaseSettings, observe_group: Callable[[int], None] = lambda _: None
) -> Repository:
    """Nothing is connected yet. Raises InvalidSettings where the SQLite file can be neither made nor written.

    `observe_group` is told, by any thread, how many writes shared a commit, or a command.
    """
    match settings.kind:
        case "memory":
            return MemoryRepository()
        case "sqlite":
            return SQLiteRepository(_writable(settings.sqlite.path), observe_group)
        case "mongodb":
            _leave_out_pyopenssl()
            # Imported only where it is used: the driver doubles the start-up time of the others.
            from dataservice.storage.mongodb import MongoDBRepository  # noqa: PLC0415 - as said above

            return MongoDBRepository(settings.mongodb, observe_group)


def _leave_out_pyopenssl() -> None:
    """PyMongo would load `cryptography` where that is installed, 8 MB, to find then that PyOpenSSL is not."""
    sys.modules.setdefault("pymongo.pyopenssl_context", None)  # type: ignore[arg-type]


def _writable(path: Path) -> Path:
    """SQLite itself says only that it cannot open the file, and not why."""
    try:
        path.open("ab").close()
    except OSError as error:
        raise InvalidSettings(
            f"{PREFIX}DATABASE__SQLITE__PATH: {path} cannot be written: {error.strerror}"
        ) from error
    return path
