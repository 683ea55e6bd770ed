"""The service on either store at half of the load that it can bear."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.service import phases, workload
from benchmarks.service.load import Order
from benchmarks.service.subject import Subject
from tests.faults.soak.trend import FEWEST, Sample, sample

_SAMPLES: Final = 4 * FEWEST
_CONNECTIONS: Final = 16
_TRIAL_SECONDS: Final = 3.0


@dataclass(frozen=True)
class Found:
    samples: list[Sample]
    posts_per_second: float
    """Half of what it bears."""
    stored: int
    read: int
    slowest_p99_ms: float


async def soaked(seconds: float, folder: Path, say: Callable[[str], None]) -> dict[str, Found]:
    """By the store's name. An answer that is no success ends it with RuntimeError."""
    async with AsyncExitStack() as stack:
        subjects = await phases.own(stack, folder)
        rates = {one.name: await _bearable(one) / 2 / len(subjects) for one in subjects}
        say(", ".join(f"{name}: {rate:.0f} POSTs a second" for name, rate in rates.items()))
        found = await asyncio.gather(*(_soaked(one, rates[one.name], seconds) for one in subjects))
    return {one.name: each for one, each in zip(subjects, found, strict=True)}


async def _bearable(one: Subject) -> float:
    """POSTs a second, while nothing else runs."""
    posts = phases.posts(one.name, ())
    outcome, _ = await one.load(Order(one.port, posts, _CONNECTIONS, 201, _TRIAL_SECONDS))
    return outcome.per_second


async def _soaked(one: Subject, rate: float, seconds: float) -> Found:
    ids = await phases.prefill(one)
    posts, gets = phases.posts(one.name, ids), workload.gets(ids)
    began, span = time.monotonic(), seconds / _SAMPLES
    samples, stored, read, slowest = [], 0, 0, 0.0
    for _ in range(_SAMPLES):
        (made, _), (seen, _) = await asyncio.gather(
            one.load(Order(one.port, posts, _CONNECTIONS, 201, span, per_second=rate)),
            one.load(Order(one.port, gets, _CONNECTIONS, 200, span, per_second=rate / 2)),
        )
        samples.append(sample(one.process.pid, time.monotonic() - began))
        stored, read = stored + made.answers, read + seen.answers
        slowest = max(slowest, made.p99_ms, seen.p99_ms)
    return Found(samples, rate, stored, read, slowest)
