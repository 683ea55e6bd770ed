"""The stores that the contract suite runs against."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest

from dataservice.domain.repository import Repository
from dataservice.settings import DatabaseSettings, MongoDBSettings, SQLiteSettings
from dataservice.storage.open import repository

STORES = [
    "memory",
    "sqlite",
    pytest.param("mongodb-motor", marks=pytest.mark.mongodb),
    pytest.param("mongodb-pymongo", marks=pytest.mark.mongodb),
]

SHARED_STORES = STORES[1:]
"""Those that several processes can open."""


@dataclass(frozen=True)
class Place:
    """Where one test's documents are, for every repository and tool that the test opens."""

    database: DatabaseSettings

    def repository(self) -> Repository:
        return repository(self.database)


def place(store: str, path: Path, mongodb_uri: Callable[[], str]) -> Place:
    """A fresh, empty place. `mongodb_uri` is asked only where MongoDB is meant."""
    match store:
        case "memory":
            return Place(DatabaseSettings(kind="memory"))
        case "sqlite":
            return Place(DatabaseSettings(kind="sqlite", sqlite=SQLiteSettings(path=path / "documents.db")))
        case "mongodb-motor":
            return Place(mongodb(mongodb_uri(), "motor"))
        case _:
            return Place(mongodb(mongodb_uri(), "pymongo"))


def mongodb(uri: str, driver: Literal["motor", "pymongo"]) -> DatabaseSettings:
    collection = f"documents_{secrets.token_hex(6)}"
    settings = MongoDBSettings(uri=uri, database="contract", collection=collection, driver=driver)
    return DatabaseSettings(kind="mongodb", mongodb=settings)
