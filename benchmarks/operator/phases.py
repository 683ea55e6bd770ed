"""What is measured, one phase at a time; each begins with an empty cluster."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.operator import workload
from benchmarks.operator.arena import Arena, opened
from benchmarks.operator.client import Client, connected
from benchmarks.operator.sight import Sight, watching
from benchmarks.operator.subject import Cost, Subject, running
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT
from tests.support.api_requests import READS, WATCH, Requests, counted, spent

POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 1800.0
EDITS: Final = 200
RECONCILES_PER_SECOND: Final = 200.0
"""How short the resync is set for the measure at rest: so many resources a second, at least fifteen seconds."""

Change = Callable[[Client, Sight, str, int], Awaitable[float]]
"""Makes a change to the resource of that name, which was changed so many times; milliseconds until it shows."""


@dataclass(frozen=True)
class Floor:
    """What a client needs that only writes."""

    children_seconds: float
    """For the children and one status of each resource."""

    resources_seconds: float
    """For the resources themselves."""


@dataclass(frozen=True)
class Start:
    """From nothing to all children and statuses; cold: the operator is started last, hot: the resources come last."""

    seconds: float
    reads: int
    writes: int
    cost: Cost


@dataclass(frozen=True)
class Latencies:
    """Milliseconds from sending the change to seeing its effect in a watch, one after another; sorted."""

    milliseconds: tuple[float, ...]
    server_milliseconds: float
    """Of each, on the average, what the API server itself says to have taken for its two writes."""

    reads: int
    writes: int

    def percentile(self, percent: int) -> float:
        return self.milliseconds[min(len(self.milliseconds) - 1, len(self.milliseconds) * percent // 100)]


@dataclass(frozen=True)
class Rest:
    """Requests while nothing changes, over two resyncs of every resource."""

    seconds: float
    writes: int
    reads: int
    lists_of_resources: int
    """Pages of the list that each resync makes; not among `reads`."""

    cpu_seconds: float


@dataclass(frozen=True)
class Warm:
    hot: Start
    edit: Latencies
    drift: Latencies
    reflex: Latencies
    rest: Rest
    peak_megabytes: float
    """Of all phases."""


async def floor(count: int) -> Floor:
    async with scene(count) as (_, client):
        began = time.perf_counter()
        made = await client.send_each((request,) for request in workload.parents(count))
        created = time.perf_counter()
        await client.send_each(workload.truth(raw) for raw in made)
        return Floor(time.perf_counter() - created, created - began)


async def cold(count: int, log: Path) -> Start:
    async with scene(count) as (arena, client):
        await client.send_each((request,) for request in workload.parents(count))
        before, began = counted(await client.text("/metrics")), time.perf_counter()
        async with running(arena.kubeconfig, log) as subject:
            await _all_true(arena, subject, count)
            seconds = time.perf_counter() - began
            reads, writes = _requests(before, counted(await client.text("/metrics")))
            return Start(seconds, reads, writes, subject.cost())


async def warm(count: int, log: Path) -> Warm:
    """Hot creation, then edits and drift repairs one by one, then rest after a restart with a short resync."""
    async with scene(count) as (arena, client):
        async with running(arena.kubeconfig, log) as subject:
            await _leading(subject)
            hot = await creation(arena, client, subject, count)
            edit = await _latencies(client, count, _edit)
            drift = await _latencies(client, count, _drift)
            cost = subject.cost()
        reflex = await _latencies(client, count, _reflex)
        async with running(
            arena.kubeconfig, log, resync_seconds=max(15.0, count / RECONCILES_PER_SECOND)
        ) as subject:
            await _leading(subject)
            rest = await _rest(client, subject, count)
            peak = max(cost.peak_megabytes, subject.cost().peak_megabytes)
        return Warm(hot, edit, drift, reflex, rest, peak)


async def creation(arena: Arena, client: Client, subject: Subject, count: int) -> Start:
    """Create the resources, and wait until each has its children and a status."""
    before, sent, began = counted(await client.text("/metrics")), client.sent, time.perf_counter()
    await client.send_each((request,) for request in workload.parents(count))
    await _all_true(arena, subject, count)
    seconds = time.perf_counter() - began
    reads, writes = _requests(before, counted(await client.text("/metrics")))
    return Start(seconds, reads, writes - (client.sent - sent), subject.cost())


async def _latencies(client: Client, count: int, change: Change) -> Latencies:
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
        after = await _quiet(client)
    reads, writes = _requests(counted(begun), after)
    in_server = (spent(await client.text("/metrics")) - spent(begun)) / EDITS * 1000
    return Latencies(tuple(sorted(found)), in_server, reads, writes - (client.sent - sent))


async def _edit(client: Client, sight: Sight, name: str, times: int) -> float:
    wanted = 2 + times
    began = time.perf_counter()
    await client.merge(DATA_SERVICE.path(sight.namespace, name), {"spec": {"replicas": wanted}})
    return (await sight.replicas(name, wanted) - began) * 1000


async def _drift(client: Client, sight: Sight, name: str, _: int) -> float:
    wanted = sight.current(name)
    began = time.perf_counter()
    answer = await client.merge(DEPLOYMENT.path(sight.namespace, name), {"spec": {"replicas": 99}})
    changed = int(answer["metadata"]["resourceVersion"])
    return (await sight.replicas(name, wanted, after=changed) - began) * 1000


async def _reflex(client: Client, sight: Sight, name: str, _: int) -> float:
    """What the fastest answer could take: this client undoes the change itself as soon as it sees it."""
    wanted = sight.current(name)
    path = DEPLOYMENT.path(sight.namespace, name)
    began = time.perf_counter()
    answer = await client.merge(path, {"spec": {"replicas": 99}})
    await sight.replicas(name, 99)
    await client.merge(path, {"spec": {"replicas": wanted}})
    changed = int(answer["metadata"]["resourceVersion"])
    return (await sight.replicas(name, wanted, after=changed) - began) * 1000


async def _rest(client: Client, subject: Subject, count: int) -> Rest:
    """Wait until every resource was looked at once and nothing is said any more, then listen for two resyncs."""
    await _until(subject, "dataservice_operator_reconcile_seconds_count", count)
    before = await _quiet(client)
    cpu, looked_at = subject.cost().cpu_seconds, await _reconciles(subject)
    began = time.perf_counter()
    await _until(subject, "dataservice_operator_reconcile_seconds_count", looked_at + 2 * count)
    seconds = time.perf_counter() - began
    after = counted(await client.text("/metrics"))
    reads, writes = _requests(before, after)
    pages = after["LIST", DATA_SERVICE.plural] - before["LIST", DATA_SERVICE.plural]
    return Rest(seconds, writes, reads - pages, pages, subject.cost().cpu_seconds - cpu)


async def _all_true(arena: Arena, subject: Subject, count: int) -> None:
    """Every Deployment is the last child of its resource; then come the statuses."""
    pause = min(POLL_SECONDS, count / 5000)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while await arena.stored("deployments") < count:
        subject.check()
        assert time.monotonic() < deadline, "the operator did not make the children in time"
        await asyncio.sleep(pause)
    await subject.answers()
    await _until(subject, "dataservice_operator_writes_total", count, pause, kind="DataService")


async def _until(
    subject: Subject, metric: str, least: float, pause: float = POLL_SECONDS, **labels: str
) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while await subject.metric(metric, **labels) < least:
        subject.check()
        assert time.monotonic() < deadline, f"{metric} did not reach {least:.0f}"
        await asyncio.sleep(pause)


async def _leading(subject: Subject) -> None:
    await subject.answers()
    await _until(subject, "dataservice_operator_leading", 1)


async def _reconciles(subject: Subject) -> float:
    return await subject.metric("dataservice_operator_reconcile_seconds_count")


async def _quiet(client: Client) -> Requests:
    """The API server's counts, once they have not changed for two seconds."""
    counts = counted(await client.text("/metrics"))
    while True:
        await asyncio.sleep(2)
        again = counted(await client.text("/metrics"))
        if again == counts:
            return again
        counts = again


def _requests(before: Requests, after: Requests) -> tuple[int, int]:
    """Reads and writes in between; a watch is neither."""
    reads = writes = 0
    for (verb, _), number in (after - before).items():
        if verb in READS:
            reads += number
        elif verb != WATCH:
            writes += number
    return reads, writes


@asynccontextmanager
async def scene(count: int) -> AsyncIterator[tuple[Arena, Client]]:
    """An empty cluster, but for the namespaces and the Secrets that the resources refer to."""
    with opened() as arena:
        async with connected(arena.kubeconfig) as client:
            await client.send_each((request,) for request in workload.surroundings(count))
            await client.send_each((request,) for request in workload.secrets(count))
            yield arena, client
