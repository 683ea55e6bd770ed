"""One change after another, and how long each takes until its effect is seen."""

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.operator import workload
from benchmarks.operator.client import Client
from benchmarks.operator.counts import quiet, requests
from benchmarks.operator.sight import Sight, watching
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT
from tests.support.api_requests import counted, spent

EDITS: Final = 200


@dataclass(frozen=True)
class Timed:
    """When the effect of a change was seen in a watch, in milliseconds."""

    after_sending: float
    after_answer: float
    """Since the change was accepted, as who sent it knows."""


@dataclass(frozen=True)
class Latencies:
    """Of changes made one after another."""

    times: tuple[Timed, ...]
    server_milliseconds: float
    """Of each, on the average, what the API server itself says to have taken for its two writes."""

    reads: int
    writes: int

    def percentile(self, percent: int) -> float:
        """Milliseconds from sending."""
        return _percentile([each.after_sending for each in self.times], percent)

    def percentile_after_answer(self, percent: int) -> float:
        """Milliseconds from the answer."""
        return _percentile([each.after_answer for each in self.times], percent)


def _percentile(values: Sequence[float], percent: int) -> float:
    return sorted(values)[min(len(values) - 1, len(values) * percent // 100)]


Change = Callable[[Client, Sight, str, int], Awaitable[Timed]]
"""Makes a change to the resource of that name, which was changed so many times."""


async def latencies(client: Client, count: int, change: Change) -> Latencies:
    """Change one thing after another, and wait each time until its Deployment is as it should be."""
    namespace = workload.namespaces(count)[0]
    path = DEPLOYMENT.path(namespace)
    names = [live["metadata"]["name"] for live in await client.items(path)]
    async with watching(client, namespace, path, len(names)) as sight:
        begun, sent = await client.text("/metrics"), client.sent
        found = [
            await change(client, sight, names[number % len(names)], number // len(names))
            for number in range(EDITS)
        ]
        after = await quiet(client)
    reads, writes = requests(counted(begun), after)
    in_server = (spent(await client.text("/metrics")) - spent(begun)) / EDITS * 1000
    return Latencies(tuple(found), in_server, reads, writes - (client.sent - sent))


async def edit(client: Client, sight: Sight, name: str, times: int) -> Timed:
    wanted = 2 + times
    began = time.perf_counter()
    await client.merge(DATA_SERVICE.path(sight.namespace, name), {"spec": {"replicas": wanted}})
    answered = time.perf_counter()
    return _timed(began, answered, await sight.replicas(name, wanted))


async def drift(client: Client, sight: Sight, name: str, _: int) -> Timed:
    wanted = sight.current(name)
    began = time.perf_counter()
    answer = await client.merge(DEPLOYMENT.path(sight.namespace, name), {"spec": {"replicas": 99}})
    answered, changed = time.perf_counter(), int(answer["metadata"]["resourceVersion"])
    return _timed(began, answered, await sight.replicas(name, wanted, after=changed))


async def reflex(client: Client, sight: Sight, name: str, _: int) -> Timed:
    """What the fastest answer could take: this client undoes the change itself as soon as it sees it."""
    wanted = sight.current(name)
    path = DEPLOYMENT.path(sight.namespace, name)
    began = time.perf_counter()
    answer = await client.merge(path, {"spec": {"replicas": 99}})
    answered = time.perf_counter()
    await sight.replicas(name, 99)
    await client.merge(path, {"spec": {"replicas": wanted}})
    changed = int(answer["metadata"]["resourceVersion"])
    return _timed(began, answered, await sight.replicas(name, wanted, after=changed))


def _timed(began: float, answered: float, seen: float) -> Timed:
    return Timed((seen - began) * 1000, (seen - answered) * 1000)
