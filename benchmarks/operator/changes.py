"""One change after another, and how long each takes until its effect is seen."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Final

from benchmarks.operator import workload
from benchmarks.operator.client import Client
from benchmarks.operator.counts import quiet, requests
from benchmarks.operator.sight import Sight, watching
from benchmarks.operator.workload import Request
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT
from tests.support.api_requests import counted, spent

EDITS: Final = 200
STRAY: Final = 99
"""Replicas that nobody wants."""


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


def edit_of(path: Callable[[str, str], str]) -> Change:
    """A change of `spec.replicas` of a parent, whose path is that of a namespace and a name."""

    async def edit(client: Client, sight: Sight, name: str, times: int) -> Timed:
        wanted = 2 + times
        began = time.perf_counter()
        await client.merge(path(sight.namespace, name), {"spec": {"replicas": wanted}})
        answered = time.perf_counter()
        return _timed(began, answered, await sight.replicas(name, wanted))

    return edit


edit: Final = edit_of(DATA_SERVICE.path)


async def drift(client: Client, sight: Sight, name: str, _: int) -> Timed:
    wanted = sight.current(name)
    began = time.perf_counter()
    answer = await client.merge(DEPLOYMENT.path(sight.namespace, name), {"spec": {"replicas": STRAY}})
    answered, changed = time.perf_counter(), int(answer["metadata"]["resourceVersion"])
    return _timed(began, answered, await sight.replicas(name, wanted, after=changed))


@dataclass(frozen=True)
class Reflex:
    """The quickest answer there can be: what is to be applied lies ready, and is sent as soon as a watch tells.

    It is the operator's own request, the whole Deployment by server-side apply, and after an edit one for the status.
    A merge of the one field is less work for the API server, but would make the field another manager's, which no later
    apply could drop.
    """

    parents: Sight
    applies: Mapping[str, Request]
    statuses: Mapping[str, Request]
    tasks: asyncio.TaskGroup

    async def edit(self, client: Client, sight: Sight, name: str, _: int) -> Timed:
        wanted = self.parents.current(name) + 1
        self.tasks.create_task(self._answer_edit(client, name, wanted))
        began = time.perf_counter()
        await client.merge(DATA_SERVICE.path(sight.namespace, name), {"spec": {"replicas": wanted}})
        answered = time.perf_counter()
        return _timed(began, answered, await sight.replicas(name, wanted))

    async def drift(self, client: Client, sight: Sight, name: str, times: int) -> Timed:
        self.tasks.create_task(self._answer_drift(client, sight, name, sight.current(name)))
        return await drift(client, sight, name, times)

    async def _answer_edit(self, client: Client, name: str, wanted: int) -> None:
        await self.parents.replicas(name, wanted)
        await client.send(_with(self.applies[name], "spec", "replicas", wanted))
        # any number that the status does not have yet: one that says the same would not be written
        await client.send(_with(self.statuses[name], "status", "observedGeneration", wanted))

    async def _answer_drift(self, client: Client, sight: Sight, name: str, wanted: int) -> None:
        await sight.replicas(name, STRAY)
        await client.send(_with(self.applies[name], "spec", "replicas", wanted))


@asynccontextmanager
async def reflex(client: Client, count: int) -> AsyncIterator[Reflex]:
    """Answers for the DataServices of the first namespace, whose Deployments are from now on as it applies them."""
    namespace = workload.namespaces(count)[0]
    path = DATA_SERVICE.path(namespace)
    truths = {raw["metadata"]["name"]: workload.truth_in_brief(raw) for raw in await client.items(path)}
    await client.send_each(truths.values())
    applies, statuses = ({name: both[which] for name, both in truths.items()} for which in (0, 1))
    async with watching(client, namespace, path, len(truths)) as parents, asyncio.TaskGroup() as tasks:
        yield Reflex(parents, applies, statuses, tasks)


def _with(request: Request, part: str, name: str, value: int) -> Request:
    return replace(request, body={**request.body, part: {**request.body[part], name: value}})


def _timed(began: float, answered: float, seen: float) -> Timed:
    return Timed((seen - began) * 1000, (seen - answered) * 1000)
