"""From settings to a store."""

from dataservice.domain.repository import Repository
from dataservice.settings import DatabaseSettings
from dataservice.storage.memory import MemoryRepository
from dataservice.storage.sqlite import SQLiteRepository


def repository(settings: DatabaseSettings) -> Repository:
    match settings.kind:
        case "memory":
            return MemoryRepository()
        case "sqlite":
            return SQLiteRepository(settings.sqlite.path)
        case "mongodb":
            # Imported only where it is used: the driver doubles the start-up time of the others.
            from dataservice.storage.mongodb import MongoDBRepository  # noqa: PLC0415 - as said above

            return MongoDBRepository(settings.mongodb)
