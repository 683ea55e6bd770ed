"""No request waits for its store without end."""

import asyncio

import pytest

from dataservice.domain.document import Document, Stored
from dataservice.domain.page import Page, PageQuery
from dataservice.errors import DuplicateDocument, StoreUnavailable
from dataservice.services.metrics import Metrics
from dataservice.services.timed_repository import TimedRepository
from dataservice.storage.memory import MemoryRepository
from tests.support.documents import document


class HungRepository(MemoryRepository):
    where = "db:27017"

    async def insert(self, document: Document) -> None:  # noqa: ARG002 - hangs before it looks
        await asyncio.Event().wait()

    async def get(self, document_id: str) -> Stored | None:  # noqa: ARG002 - as above
        await asyncio.Event().wait()
        return None

    async def page(self, query: PageQuery) -> Page:  # noqa: ARG002 - as above
        await asyncio.Event().wait()
        return Page((), None)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def sample(metrics: Metrics, name: str, operation: str) -> float | None:
    return metrics.registry.get_sample_value(f"dataservice_store_{name}", {"operation": operation})


@pytest.mark.parametrize("operation", ["insert", "get", "page"])
async def test_a_store_that_hangs_is_called_away(metrics: Metrics, operation: str) -> None:
    store = TimedRepository(HungRepository(), metrics, seconds=0.02)
    argument = {"insert": document({}), "get": "x", "page": PageQuery(1, None)}[operation]

    with pytest.raises(StoreUnavailable, match="db:27017"):
        await getattr(store, operation)(argument)

    assert sample(metrics, "failures_total", operation) == 1


async def test_the_time_of_each_operation_is_counted(metrics: Metrics) -> None:
    store = TimedRepository(MemoryRepository(), metrics)
    new = document({})

    await store.insert(new)
    with pytest.raises(DuplicateDocument):
        await store.insert(new)
    assert await store.get(new.id) is not None
    assert len((await store.page(PageQuery(1, None))).items) == 1

    name = "operation_duration_seconds_count"
    assert [sample(metrics, name, operation) for operation in ("insert", "get", "page")] == [2, 1, 1]
    assert sample(metrics, "failures_total", "insert") is None
