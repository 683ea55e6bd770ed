"""Every contract test runs once for each store."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dataservice.domain.repository import Repository
from tests.contract.stores import STORES, Place, place


@pytest.fixture(params=STORES)
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return place(request.param, tmp_path, lambda: str(request.getfixturevalue("mongodb_uri")))


@pytest.fixture
async def repository(store: Place) -> AsyncIterator[Repository]:
    opened = store.repository()
    await opened.open()
    yield opened
    await opened.close()
