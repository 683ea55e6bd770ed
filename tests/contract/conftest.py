"""Every contract test of a store runs once for each; those of the service start it as a process."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.collection import Collection

from dataservice.domain.repository import Repository
from tests.contract.stores import STORES, Place, place
from tests.support import browser as chromium
from tests.support.browser import Browser
from tests.support.required import unavailable
from tests.support.service_process import ServiceProcess, Starter


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place(request.param, tmp_path, lambda: str(request.getfixturevalue("mongodb_uri")))


@pytest.fixture
def raw(store: Place) -> Iterator[Collection[dict[str, Any]]]:
    """The collection of a MongoDB store, as another program sees it."""
    settings = store.database.mongodb
    with MongoClient[dict[str, Any]](settings.uri.get_secret_value(), tz_aware=True) as client:
        yield client[settings.database][settings.collection]


@pytest.fixture
async def repository(store: Place) -> AsyncIterator[Repository]:
    opened = store.repository()
    await opened.open()
    yield opened
    await opened.close()


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Starter]:
    """Start a service; all are ended with the test."""
    started: list[ServiceProcess] = []

    def start(**settings: str) -> ServiceProcess:
        process = ServiceProcess(tmp_path, settings)
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.close()


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Browser]:
    program = chromium.program() or unavailable("needs Chromium: make tools")
    opened = Browser(program, tmp_path / "profile")
    yield opened
    opened.close()
