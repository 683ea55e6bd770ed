import asyncio
from collections.abc import Sequence

from dataservice.domain.index import Index
from dataservice.errors import IndexConflict, StoreUnavailable
from dataservice.services import indexing
from dataservice.services.readiness import Readiness
from dataservice.storage.memory import MemoryRepository


class FailingRepository(MemoryRepository):
    """Fails to make indexes as often as it has errors left."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)
        self.refused = asyncio.Event()

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        if self.errors:
            self.refused.set()
            raise self.errors.pop(0)
        await super().ensure_indexes(indexes)


async def test_a_store_that_is_away_is_tried_again_until_it_is_back() -> None:
    repository = FailingRepository(StoreUnavailable("db"), StoreUnavailable("db"))
    readiness = Readiness(repository)

    await indexing.ensure_indexes(repository, (), readiness, store_away_seconds=0)

    assert repository.errors == []
    assert (await readiness.status()).ready


async def test_until_a_conflict_is_resolved_the_process_is_not_ready_and_says_why() -> None:
    repository = FailingRepository(IndexConflict("documents share their sku"))
    readiness = Readiness(repository)
    ensuring = asyncio.create_task(indexing.ensure_indexes(repository, (), readiness))

    await repository.refused.wait()
    status = await readiness.status()

    ensuring.cancel()
    assert (status.ready, status.reason) == (False, "IndexConflict")
    assert "documents share their sku" in str(status.message)
