"""The operator over many DataServices that are changed all the time, while its watches end with 410 again and again."""

import asyncio
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from benchmarks.operator import phases
from benchmarks.operator.client import Client
from benchmarks.operator.sight import Sight, watching
from benchmarks.operator.subject import running
from benchmarks.operator.workload import PER_NAMESPACE
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT
from tests.faults.operator.proxy import FaultingProxy
from tests.faults.soak.trend import Sample, sample
from tests.support.kubeconfig import without_credentials

_CHANGES: Final = 20
"""Of a round; one half of them before the watches end, one after."""
_ROUNDS: Final = 60
"""At most, each begun as long after the one before: after each 410 everything is listed again."""
_NEVER: Final = 7 * 24 * 3600.0


@dataclass
class Found:
    samples: list[Sample] = field(default_factory=list)
    edits: int = 0
    repairs: int = 0
    ended: int = 0
    """Watches, with 410."""
    missed: list[str] = field(default_factory=list)
    """DataServices whose change did not reach their Deployment."""


async def soaked(count: int, seconds: float, folder: Path, seed: int, say: Callable[[str], None]) -> Found:
    """Change some of `count` DataServices, end the watches, wait until all is as it should be; and again.

    No resync and no list of its own heals what a watch has missed: each is set to never.
    """
    async with phases.scene(count) as (arena, client):
        proxy = FaultingProxy(arena.kubeconfig, None)
        through = folder / "kubeconfig"
        through.write_text(json.dumps(without_credentials(proxy.start())))
        try:
            async with running(through, folder / "operator.log", resync_seconds=_NEVER) as subject:
                say(f"{count} DataServices are made")
                await phases.creation(arena, client, subject, count)
                async with watching(client, "", DEPLOYMENT.path(None), count) as sight:
                    return await _rounds(
                        client, sight, proxy, _Clock(subject.process.pid, seconds), seed, say
                    )
        finally:
            proxy.close()


@dataclass
class _Clock:
    pid: int
    seconds: float
    began: float = field(default_factory=time.monotonic)

    def elapsed(self) -> float:
        return time.monotonic() - self.began

    def sample(self) -> Sample:
        return sample(self.pid, self.elapsed())


async def _rounds(
    client: Client,
    sight: Sight,
    proxy: FaultingProxy,
    clock: _Clock,
    seed: int,
    say: Callable[[str], None],
) -> Found:
    found, chance = Found([clock.sample()]), random.Random(seed)  # noqa: S311 - a choice
    for number in range(_ROUNDS):
        await asyncio.sleep(number * clock.seconds / _ROUNDS - clock.elapsed())
        if clock.elapsed() >= clock.seconds:
            break
        names = chance.sample(sight.names(), _CHANGES)
        half = _CHANGES // 2
        changes = [asyncio.create_task(_change(client, sight, name, found)) for name in names[:half]]
        found.ended += await asyncio.to_thread(proxy.end_watches)
        changes += [asyncio.create_task(_change(client, sight, name, found)) for name in names[half:]]
        await asyncio.gather(*changes)
        found.samples.append(clock.sample())
        say(f"{clock.elapsed():.0f} s, {found.edits + found.repairs} changes, {found.ended} watches ended")
    return found


async def _change(client: Client, sight: Sight, name: str, found: Found) -> None:
    """Ask for another number of replicas, then change it behind the operator's back: both times it must follow."""
    namespace = f"team-{int(name.rpartition('-')[2]) // PER_NAMESPACE}"
    wanted = sight.current(name) % 5 + 2
    try:
        await client.merge(DATA_SERVICE.path(namespace, name), {"spec": {"replicas": wanted}})
        await sight.replicas(name, wanted)
        found.edits += 1
        answer: dict[str, Any] = await client.merge(
            DEPLOYMENT.path(namespace, name), {"spec": {"replicas": 99}}
        )
        await sight.replicas(name, wanted, after=int(answer["metadata"]["resourceVersion"]))
        found.repairs += 1
    except TimeoutError:
        found.missed.append(f"{namespace}/{name}")
