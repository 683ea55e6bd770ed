from collections.abc import AsyncIterator

import httpx
import pytest

from tests.support.api import running, service


@pytest.fixture
async def api() -> AsyncIterator[httpx.AsyncClient]:
    """A service that takes any object and keeps it in memory."""
    async with running(service()) as client:
        yield client
