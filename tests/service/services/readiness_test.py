import asyncio

import pytest

from dataservice.errors import StoreAuthFailed, StoreUnavailable
from dataservice.services import readiness as module
from dataservice.services.readiness import Readiness, Status
from dataservice.storage.memory import MemoryRepository


class PingedRepository(MemoryRepository):
    """A store whose pings are told what to do."""

    where = "db:27017"

    def __init__(self, error: Exception | None = None, *, hangs: bool = False) -> None:
        super().__init__()
        self.error, self.hangs, self.pings = error, hangs, 0

    async def ping(self) -> None:
        self.pings += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.error:
            raise self.error


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def started(repository: PingedRepository, clock: Clock | None = None) -> Readiness:
    readiness = Readiness(repository, clock=clock or Clock())
    readiness.started()
    return readiness


async def test_a_started_process_with_a_store_that_answers_is_ready() -> None:
    assert await started(PingedRepository()).status() == Status(ready=True)


async def test_a_process_is_not_ready_before_its_indexes_are_there() -> None:
    readiness = Readiness(PingedRepository())
    assert (await readiness.status()).reason == "Starting"


async def test_what_else_keeps_requests_from_being_served_is_told_while_the_store_answers() -> None:
    repository = PingedRepository()
    ailment: Status | None = Status(ready=False, reason="NoApiKeys", message="no key")
    clock = Clock()
    readiness = Readiness(repository, clock=clock, ailment=lambda: ailment)
    readiness.started()

    assert await readiness.status() == ailment
    ailment = None
    assert (await readiness.status()).ready
    ailment = Status(ready=False, reason="NoApiKeys")
    repository.error = StoreUnavailable("db:27017")
    clock.now += module.CACHE_SECONDS
    assert (await readiness.status()).reason == "DatabaseUnreachable"


async def test_what_holds_the_start_up_is_told() -> None:
    readiness = Readiness(PingedRepository())
    readiness.held_up("IndexConflict", "documents share their sku")

    assert await readiness.status() == Status(
        ready=False, reason="IndexConflict", message="documents share their sku"
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (StoreUnavailable("db:27017"), "DatabaseUnreachable"),
        (StoreAuthFailed("db:27017"), "DatabaseAuthFailed"),
    ],
)
async def test_what_is_wrong_with_the_store_is_said_with_its_place(error: Exception, reason: str) -> None:
    status = await started(PingedRepository(error)).status()

    assert (status.ready, status.reason) == (False, reason)
    assert "db:27017" in str(status.message)


async def test_a_store_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PING_SECONDS", 0.01)

    status = await started(PingedRepository(hangs=True)).status()

    assert status.reason == "DatabaseUnreachable"
    assert "db:27017 did not answer" in str(status.message)


async def test_a_store_that_is_away_is_said_before_starting() -> None:
    readiness = Readiness(PingedRepository(StoreUnavailable("db:27017")))

    assert (await readiness.status()).reason == "DatabaseUnreachable"


async def test_draining_is_said_without_asking_the_store() -> None:
    repository = PingedRepository(hangs=True)
    readiness = started(repository)

    readiness.drain()

    assert (await readiness.status()).reason == "Draining"
    assert repository.pings == 0


async def test_the_store_is_asked_once_a_second_however_many_ask() -> None:
    repository, clock = PingedRepository(), Clock()
    readiness = started(repository, clock)

    await asyncio.gather(*(readiness.status() for _ in range(10)))
    clock.now = 0.99
    await readiness.status()
    asked_within_the_second = repository.pings
    clock.now = 1.0
    await readiness.status()

    assert (asked_within_the_second, repository.pings) == (1, 2)
