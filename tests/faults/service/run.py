"""One run: a service on a store, its callers, a schedule of faults, and what the oracles say in the end."""

import asyncio
import secrets
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

import httpx

from tests.faults.service import history
from tests.faults.service.answers import LIMIT_SECONDS, Call, Outage, complaints
from tests.faults.service.link import Link
from tests.faults.service.load import Load, version
from tests.faults.service.schedule import KILLS, Fault, Kind, Schedule
from tests.faults.service.stores import Store
from tests.support.service_process import MODULE, ServiceProcess

_T = TypeVar("_T")
_PATIENCE_SECONDS: Final = 30.0
_LOOKS: Final = 10
_KEPT_SECONDS: Final = 2.0
"""Shorter than the service keeps a connection, which could end just when the next request is sent."""


@dataclass(frozen=True)
class Result:
    calls: Sequence[Call]
    writes: Mapping[history.Outcome, int]
    reads: int
    happened: Mapping[Kind, int]
    """How often: to chunks or connections of the link, or to processes."""
    failures: Sequence[str]
    seconds: float


class FaultMissing(Exception):
    """What was planned did not happen: nothing was tested."""


async def run(
    store: Store,
    schedule: Schedule,
    seed: int,
    folder: Path,
    *,
    seconds: float,
    command: Sequence[str] = MODULE,
    patience: float = _PATIENCE_SECONDS,
) -> Result:
    """Run it and judge it.

    Args:
        store: fresh.
        schedule: of faults that can befall the service on this store.
        seed: of what the callers do.
        folder: for the logs.
        seconds: how long the callers call, at least; they go on until all faults are over.
        command: starts the service.
        patience: how many seconds more a fault is waited for that does not happen.

    Raises:
        FaultMissing: what was planned did not happen.
        NothingCompared: an oracle had nothing to judge.
    """
    began = time.monotonic()
    async with _scene(store, seed, folder, command) as scene:
        happened = await scene.suffer(schedule, seconds, patience)
        failures = await scene.settle()
    calls, told = scene.load.calls, scene.load.history
    failures += _judged(lambda: complaints(calls, scene.outages), lambda: history.check(told).violations)
    writes = Counter(write.outcome for write in told.writes)
    return Result(calls, writes, len(told.reads), happened, failures, time.monotonic() - began)


def _judged(*oracles: Callable[[], Iterable[object]]) -> list[str]:
    """Raises NothingCompared, unless another oracle found something."""
    failures, idle = list[str](), list[history.NothingCompared]()
    for oracle in oracles:
        try:
            failures += map(str, oracle())
        except history.NothingCompared as error:
            idle.append(error)
    if idle and not failures:
        raise idle[0]
    return failures


@asynccontextmanager
async def _scene(store: Store, seed: int, folder: Path, command: Sequence[str]) -> AsyncIterator["_Scene"]:
    async with Link(store.server.port if store.server else 0, seed).open() as link:
        key = folder / "cursor.key"
        key.write_bytes(secrets.token_bytes(32))
        settings = {**store.settings(link.port), "API__CURSOR_KEY_FILE": str(key)}
        service = ServiceProcess(folder, settings, command)
        limits = httpx.Limits(keepalive_expiry=_KEPT_SECONDS)
        with ThreadPoolExecutor(1) as hand:
            try:
                async with httpx.AsyncClient(
                    base_url=service.url, timeout=LIMIT_SECONDS, limits=limits, trust_env=False
                ) as api:
                    yield _Scene(store, link, service, Load(api, seed), hand)
            finally:
                await asyncio.get_running_loop().run_in_executor(hand, service.close)


class _Scene:
    def __init__(self, store: Store, link: Link, service: ServiceProcess, load: Load, hand: Executor) -> None:
        """One `hand` starts and ends all processes, so that none is started after its end."""
        self._hand = hand
        self._store = store
        self._link = link
        self._service = service
        self.load = load
        self.outages: list[Outage] = []
        self._locks = {kind: asyncio.Lock() for kind in KILLS}

    async def suffer(self, schedule: Schedule, seconds: float, patience: float) -> Mapping[Kind, int]:
        """How often which kind of fault happened. Raises FaultMissing."""
        await self._by_hand(self._service.start)
        await self._by_hand(self._service.wait_ready)
        await self.load.prepare()
        callers = asyncio.create_task(self.load.run())
        try:
            befalls = (self._befall(fault, patience) for fault in schedule)
            happened, _ = await asyncio.gather(
                asyncio.gather(*befalls, return_exceptions=True), asyncio.sleep(seconds)
            )
        finally:
            self.load.stop()
            await callers
        counts: Counter[Kind] = Counter()
        for fault, count in zip(schedule, happened, strict=True):
            if isinstance(count, BaseException):
                raise count
            counts[fault.kind] += count
        return counts

    async def settle(self) -> list[str]:
        """Read all that there is in the end, by the API and in the store; what is in the way of it."""
        try:
            await self._by_hand(self._service.wait_ready)
        except AssertionError as error:
            return [f"the service does not get ready again: {error}"]
        for _ in range(_LOOKS):
            if await self.load.list_all():
                break
        else:
            return ["what there is cannot be listed"]
        await self._by_hand(self._service.close)
        began = time.monotonic()
        shown: dict[str, list[history.Version]] = {}
        for document in await self._by_hand(self._store.documents):
            shown.setdefault(document["name"], []).append(version(document))
        self.load.history.reads.append(
            history.Read(began, time.monotonic(), shown, whole=True, how="a look into the store")
        )
        return []

    async def _by_hand(self, act: Callable[[], _T]) -> _T:
        return await asyncio.get_running_loop().run_in_executor(self._hand, act)

    async def _befall(self, fault: Fault, patience: float) -> int:
        """How often it happened."""
        await asyncio.sleep(fault.at)
        try:
            async with asyncio.timeout(fault.seconds + patience):
                return await (self._kill(fault) if fault.kind in KILLS else self._disturb(fault))
        except TimeoutError:
            raise FaultMissing(f"{fault} did not happen") from None

    async def _disturb(self, fault: Fault) -> int:
        with self._link.suffering(fault) as active:
            await asyncio.sleep(fault.seconds)
            await active.happened.wait()
            return active.count

    async def _kill(self, fault: Fault) -> int:
        process = self._service if fault.kind is Kind.KILL_SERVICE else self._store.server
        assert process is not None, "planned for stores that have one"
        async with self._locks[fault.kind]:
            await self.load.busy.wait()
            began = time.monotonic()
            process.kill()
            await asyncio.sleep(fault.seconds)
            await self._by_hand(process.start)
            if process is self._service:
                self.outages.append((began, time.monotonic()))
        return 1
