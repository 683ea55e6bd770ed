import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest

from dataservice.domain.index import Index
from dataservice.errors import (
    IndexConflict,
    IndexRefused,
    InvalidDocument,
    StoreAuthFailed,
    StoreUnavailable,
    Violation,
)
from dataservice.services.indexing import Seconds, ensure_indexes
from dataservice.services.readiness import Readiness
from dataservice.storage.memory import MemoryRepository

FAILURES = [
    (StoreUnavailable("db:27017"), "DatabaseUnreachable", "db:27017"),
    (StoreAuthFailed("db:27017"), "DatabaseAuthFailed", "db:27017"),
    (IndexConflict("documents share their sku"), "IndexConflict", "documents share their sku"),
    (IndexRefused("grant the right"), "IndexRefused", "grant the right"),
    (InvalidDocument((Violation("", "code", "secret"),)), "InternalError", "an unexpected InvalidDocument"),
    (ValueError("secret"), "InternalError", "an unexpected ValueError"),
]
NAMES = [type(error).__name__ for error, *_ in FAILURES]
AT_ONCE = Seconds(store=0, person=0)


class FailingRepository(MemoryRepository):
    """Fails to make indexes as often as it has errors left."""

    def __init__(self, *errors: Exception) -> None:
        super().__init__()
        self.errors = list(errors)

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        if self.errors:
            raise self.errors.pop(0)
        await super().ensure_indexes(indexes)


class ListenedReadiness(Readiness):
    """Says when it was told what holds the start up."""

    def __init__(self) -> None:
        super().__init__(MemoryRepository())
        self.told = asyncio.Event()

    def held_up(self, reason: str, message: str) -> None:
        super().held_up(reason, message)
        self.told.set()


class BuildingRepository(MemoryRepository):
    """Takes as long to make indexes as the test wants."""

    def __init__(self) -> None:
        super().__init__()
        self.built = asyncio.Event()
        self.asked = 0

    async def ensure_indexes(self, indexes: Sequence[Index]) -> None:
        self.asked += 1
        await self.built.wait()
        await super().ensure_indexes(indexes)


@pytest.mark.parametrize("error", [error for error, *_ in FAILURES], ids=NAMES)
async def test_whatever_keeps_the_indexes_from_being_made_they_are_tried_again_until_they_are_there(
    error: Exception,
) -> None:
    repository = FailingRepository(error, error)
    readiness = Readiness(repository)

    await ensure_indexes(repository, (), readiness, AT_ONCE)

    assert repository.errors == []
    assert (await readiness.status()).ready


@pytest.mark.parametrize(("error", "reason", "said"), FAILURES, ids=NAMES)
async def test_until_they_are_there_the_process_is_not_ready_and_says_why(
    error: Exception, reason: str, said: str
) -> None:
    readiness = ListenedReadiness()
    ensuring = asyncio.create_task(
        ensure_indexes(FailingRepository(error), (), readiness, Seconds(silence=0))
    )

    await readiness.told.wait()
    await asyncio.sleep(0)  # the timer would have its turn, had it not been cancelled
    status = await readiness.status()

    ensuring.cancel()
    assert (status.ready, status.reason) == (False, reason)
    assert said in str(status.message)
    assert "secret" not in str(status.message)


async def test_an_error_that_nobody_foresaw_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    repository = FailingRepository(ValueError("of a driver"))

    await ensure_indexes(repository, (), Readiness(repository), AT_ONCE)

    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_a_store_that_builds_for_long_is_waited_for_and_that_is_told() -> None:
    repository = BuildingRepository()
    readiness = ListenedReadiness()
    ensuring = asyncio.create_task(ensure_indexes(repository, (), readiness, Seconds(silence=0)))

    await readiness.told.wait()
    status = await readiness.status()
    repository.built.set()
    await ensuring

    assert (status.ready, status.reason, repository.asked) == (False, "IndexesBuilding", 1)
    assert (await readiness.status()).ready


async def test_the_making_ends_with_the_process() -> None:
    ensuring = asyncio.create_task(ensure_indexes(BuildingRepository(), (), Readiness(MemoryRepository())))
    await asyncio.sleep(0)

    ensuring.cancel()

    with suppress(asyncio.CancelledError):
        await ensuring
    assert ensuring.cancelled()
