"""What is measured, one phase at a time; each begins with an empty cluster."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.operator import kro, workload
from benchmarks.operator.arena import Arena, opened
from benchmarks.operator.changes import Latencies, drift, edit, latencies, reflex
from benchmarks.operator.client import Client, connected
from benchmarks.operator.counts import quiet, requests
from benchmarks.operator.subject import Cost, Program, Subject, running
from dataservice_operator.cluster.kinds import DATA_SERVICE
from tests.support.api_requests import counted

POLL_SECONDS: Final = 0.1
PATIENCE_SECONDS: Final = 3600.0
RECONCILES_PER_SECOND: Final = 200.0
"""How short the resync is set for the measure at rest: so many resources a second, at least fifteen seconds."""

LOOKS_AT_REST: Final = 30
"""How often the operator is asked in a resync whether it is over: to answer costs it CPU, which is what is measured."""


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
    floor_of_edit: Latencies
    floor_of_drift: Latencies
    rest: Rest
    peak_megabytes: float
    """Of all phases."""


@dataclass(frozen=True)
class Rival:
    """What kro needs for the same children, and to follow the same changes."""

    hot: Start
    """Until the last Deployment is there: what kro tells of its instances is not waited for."""

    edit: Latencies
    drift: Latencies
    cost: Cost
    """Of all of that."""


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
            reads, writes = requests(before, counted(await client.text("/metrics")))
            return Start(seconds, reads, writes, subject.cost())


async def warm(count: int, log: Path) -> Warm:
    """Hot creation, then edits and drift repairs one by one, then rest after a restart with a short resync."""
    async with scene(count) as (arena, client):
        async with running(arena.kubeconfig, log) as subject:
            await _leading(subject)
            hot = await creation(arena, client, subject, count)
            edited = await latencies(client, count, edit)
            repaired = await latencies(client, count, drift)
            cost = subject.cost()
        async with reflex(client, count) as answer:
            least_edit = await latencies(client, count, answer.edit)
            least_drift = await latencies(client, count, answer.drift)
        resync_seconds = max(15.0, count / RECONCILES_PER_SECOND)
        async with running(arena.kubeconfig, log, resync_seconds=resync_seconds) as subject:
            await _leading(subject)
            rest = await _rest(client, subject, count, resync_seconds / LOOKS_AT_REST)
            peak = max(cost.peak_megabytes, subject.cost().peak_megabytes)
        return Warm(hot, edited, repaired, least_edit, least_drift, rest, peak)


async def rival(count: int, log: Path) -> Rival:
    """Hot creation, then edits and drift repairs one by one, of kro."""
    async with scene(count) as (arena, client), kro.running(arena.kubeconfig, client, log) as subject:
        before, sent, began = counted(await client.text("/metrics")), client.sent, time.perf_counter()
        await client.send_each((request,) for request in kro.instances(count))
        await _deployments(arena, subject, count)
        seconds = time.perf_counter() - began
        reads, writes = requests(before, await quiet(client))
        hot = Start(seconds, reads, writes - (client.sent - sent), subject.cost())
        edited = await latencies(client, count, kro.edit)
        repaired = await latencies(client, count, drift)
        return Rival(hot, edited, repaired, subject.cost())


async def creation(arena: Arena, client: Client, subject: Subject, count: int) -> Start:
    """Create the resources, and wait until each has its children and a status."""
    before, sent, began = counted(await client.text("/metrics")), client.sent, time.perf_counter()
    await client.send_each((request,) for request in workload.parents(count))
    await _all_true(arena, subject, count)
    seconds = time.perf_counter() - began
    reads, writes = requests(before, counted(await client.text("/metrics")))
    return Start(seconds, reads, writes - (client.sent - sent), subject.cost())


async def _rest(client: Client, subject: Subject, count: int, pause: float) -> Rest:
    """Wait until every resource was looked at once and nothing is said any more, then listen for two resyncs."""
    await _until(subject, "dataservice_operator_reconcile_seconds_count", count)
    before = await quiet(client)
    cpu, looked_at = subject.cost().cpu_seconds, await _reconciles(subject)
    began = time.perf_counter()
    await _until(subject, "dataservice_operator_reconcile_seconds_count", looked_at + 2 * count, pause)
    seconds = time.perf_counter() - began
    after = counted(await client.text("/metrics"))
    reads, writes = requests(before, after)
    pages = after["LIST", DATA_SERVICE.plural] - before["LIST", DATA_SERVICE.plural]
    return Rest(seconds, writes, reads - pages, pages, subject.cost().cpu_seconds - cpu)


async def _all_true(arena: Arena, subject: Subject, count: int) -> None:
    """Every Deployment is the last child of its resource; then come the statuses."""
    pause = await _deployments(arena, subject, count)
    await subject.answers()
    await _until(subject, "dataservice_operator_writes_total", count, pause, kind="DataService")


async def _deployments(arena: Arena, subject: Program, count: int) -> float:
    """Wait until so many are there. Returns how many seconds the last pauses between two looks were.

    To ask takes CPU from what is measured: it is asked again after a quarter of what is left at the pace so far.
    """
    pause = min(POLL_SECONDS, count / 5000)
    began = time.monotonic()
    while (made := await arena.stored("deployments")) < count:
        subject.check()
        passed = time.monotonic() - began
        assert passed < PATIENCE_SECONDS, "the operator did not make the children in time"
        left = passed * (count - made) / max(made, 1)
        await asyncio.sleep(max(pause, min(left, passed) / 4))
    return pause


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


@asynccontextmanager
async def scene(count: int) -> AsyncIterator[tuple[Arena, Client]]:
    """An empty cluster, but for the namespaces and the Secrets that the resources refer to."""
    with opened() as arena:
        async with connected(arena.kubeconfig) as client:
            await client.send_each((request,) for request in workload.surroundings(count))
            await client.send_each((request,) for request in workload.secrets(count))
            yield arena, client
