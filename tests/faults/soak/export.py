"""An export that is far larger than what the service may hold: its memory while it is read."""

import time
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import msgspec

from benchmarks.service import phases, workload
from benchmarks.service.load import Order
from benchmarks.service.subject import Subject

_DOCUMENT: Final = msgspec.json.encode(workload.ORDER | {"note": "x" * 64_000})
_CONNECTIONS: Final = 8
_PATIENCE_SECONDS: Final = 900.0
_EVERY_BYTES: Final = 4_000_000
_MOST_GROWTH: Final = 24.0
"""Megabytes: some pages of an export, as the service, its driver and the sockets hold them at once."""


@dataclass(frozen=True)
class Found:
    megabytes: float
    """Read."""
    seconds: float
    before: float
    """Resident megabytes, as the next."""
    peak: float

    def complaints(self) -> list[str]:
        grown = self.peak - self.before
        return [f"memory grew by {grown:.1f} MB during an export"] if grown > _MOST_GROWTH else []


async def exported(store: str, megabytes: float, folder: Path) -> Found:
    """Fill a store, read a part to fill the caches, then export it all. RuntimeError if it is cut short."""
    async with AsyncExitStack() as stack:
        one = next(each for each in await phases.own(stack, folder) if each.name == store)
        await _fill(one, int(megabytes * 1e6 / len(_DOCUMENT)))
        await _read(one, enough=20e6)
        before = one.megabytes()
        began = time.monotonic()
        read, peak = await _read(one)
        if read < megabytes * 1e6 * 0.99:
            raise RuntimeError(f"of {megabytes:.0f} MB {read / 1e6:.0f} were exported")
        return Found(read / 1e6, time.monotonic() - began, before, peak)


async def _fill(one: Subject, count: int) -> None:
    request = workload.post("/data", _DOCUMENT)
    await one.load(Order(one.port, [request], _CONNECTIONS, 201, _PATIENCE_SECONDS, most=count))


async def _read(one: Subject, enough: float = float("inf")) -> tuple[int, float]:
    """Bytes read, and the most megabytes that were resident while they were."""
    read, looked, peak = 0, 0, one.megabytes()
    async with (
        httpx.AsyncClient(trust_env=False, timeout=_PATIENCE_SECONDS) as client,
        client.stream("GET", f"http://127.0.0.1:{one.port}/data:export") as answer,
    ):
        answer.raise_for_status()
        async for chunk in answer.aiter_raw():
            read += len(chunk)
            if read - looked >= _EVERY_BYTES:
                looked, peak = read, max(peak, one.megabytes())
            if read >= enough:
                break
    return read, peak
