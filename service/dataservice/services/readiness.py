"""Whether this process should get traffic, and if not, why."""

import asyncio
import time
from collections.abc import Callable

import msgspec

from dataservice.domain.repository import Repository
from dataservice.errors import StoreAuthFailed, StoreUnavailable

PING_SECONDS = 1.0
CACHE_SECONDS = 1.0


class Status(msgspec.Struct, frozen=True, omit_defaults=True):
    ready: bool
    reason: str | None = None
    message: str | None = None


_READY = Status(ready=True)


def reason_of(error: StoreUnavailable) -> str:
    return "DatabaseAuthFailed" if isinstance(error, StoreAuthFailed) else "DatabaseUnreachable"


class Readiness:
    """Starting until `started()`, Draining after `drain()`, in between what the store answers.

    The store is asked at most once in CACHE_SECONDS, however many ask.
    """

    def __init__(
        self,
        repository: Repository,
        observe_ping: Callable[[bool], None] = lambda _: None,
        clock: Callable[[], float] = time.monotonic,
        ailment: Callable[[], Status | None] = lambda: None,
        on_drain: Callable[[], None] = lambda: None,
    ) -> None:
        """`ailment` says what else keeps every request from being served.

        `on_drain` ends what would not end by itself. It may be called in a signal handler.
        """
        self._on_drain = on_drain
        self._ailment = ailment
        self._repository = repository
        self._observe_ping = observe_ping
        self._clock = clock
        self._lock = asyncio.Lock()
        self._pinged: tuple[float, Status] | None = None
        self._starting: Status | None = Status(
            ready=False, reason="Starting", message="the process is starting"
        )
        self._draining = False

    @property
    def draining(self) -> bool:
        return self._draining

    def held_up(self, reason: str, message: str) -> None:
        """Why the start takes long. It is told while the store answers pings."""
        self._starting = Status(ready=False, reason=reason, message=message)

    def started(self) -> None:
        self._starting = None

    def drain(self) -> None:
        self._draining = True
        self._on_drain()

    async def status(self) -> Status:
        if self._draining:
            return Status(ready=False, reason="Draining", message="the process is shutting down")
        store = await self._store_status()
        if store.ready and self._starting:
            return self._starting
        return (self._ailment() if store.ready else None) or store

    async def _store_status(self) -> Status:
        async with self._lock:
            if self._pinged is None or self._clock() - self._pinged[0] >= CACHE_SECONDS:
                status = await self._ping()
                self._observe_ping(status.ready)
                self._pinged = (self._clock(), status)
            return self._pinged[1]

    async def _ping(self) -> Status:
        try:
            async with asyncio.timeout(PING_SECONDS):
                await self._repository.ping()
        except StoreUnavailable as error:
            return Status(ready=False, reason=reason_of(error), message=str(error))
        except TimeoutError:
            message = f"the store at {self._repository.where} did not answer within {PING_SECONDS:g} s"
            return Status(ready=False, reason="DatabaseUnreachable", message=message)
        return _READY
