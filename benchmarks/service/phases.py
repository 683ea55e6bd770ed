"""The phases of one run. All programs are up at once; each phase puts the same load on one after another."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from benchmarks.service import subject, workload
from benchmarks.service.load import Order
from benchmarks.service.subject import Subject
from tests.cluster import mongodb
from tests.cluster.mongodb import MongoServer

WARM_UP_SECONDS: Final = 0.5
PREFILLED: Final = 200
"""Documents that are read: SecantusDB's lists cost the more, the more documents there are."""

_PATIENCE_SECONDS: Final = 120.0


@dataclass(frozen=True)
class Figure:
    per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us: float
    """CPU of the program's process for each request, in microseconds."""


@dataclass(frozen=True)
class Soak:
    seconds: float
    early_megabytes: float
    """After a fifth of the time."""
    late_megabytes: float


@dataclass(frozen=True)
class Result:
    """One run: by workload, then by program."""

    figures: Mapping[str, Mapping[str, Figure]]
    ready_seconds: Mapping[str, float]
    megabytes: Mapping[str, float]
    """Resident after the phases."""


@dataclass(frozen=True)
class Workload:
    name: str
    connections: int
    status: int
    requests: Callable[[Sequence[str]], Sequence[bytes]]
    """Made from the ids that the program has."""
    of_echo: bool = False
    """Whether an echo can be put beside it."""


def _posts(_ids: Sequence[str]) -> Sequence[bytes]:
    return [workload.post("/data", workload.BODY)]


def _lists(_ids: Sequence[str]) -> Sequence[bytes]:
    return [workload.get("/data?limit=50")]


POST_1, POST_64, POST_256 = (f"POST, {connections} at a time" for connections in (1, 64, 256))
GET, LIST = "GET by id, 64 at a time", "list of 50, 16 at a time"
WORKLOADS: Final = (
    Workload(GET, 64, 200, workload.gets),
    Workload(LIST, 16, 200, _lists),
    *(
        Workload(name, connections, 201, _posts, of_echo=True)
        for name, connections in ((POST_1, 1), (POST_64, 64), (POST_256, 256))
    ),
)
"""Reads come first, while each program has as many documents."""


async def measured(seconds: float, folder: Path, say: Callable[[str], None]) -> Result:
    """One run, on a database of its own."""
    figures: dict[str, dict[str, Figure]] = {}
    async with AsyncExitStack() as stack:
        subjects = await _started(stack, folder)
        ids = {each.name: await _ids(each) for each in subjects}
        for each in WORKLOADS:
            figures[each.name] = {}
            for one in subjects:
                if each.of_echo or one.name != "echo":
                    say(f"{each.name}: {one.name}")
                    figures[each.name][one.name] = await _figure(each, one, ids[one.name], seconds)
        return Result(
            figures,
            {one.name: one.ready_seconds for one in subjects},
            {one.name: one.megabytes() for one in subjects},
        )


async def soaked(seconds: float, folder: Path) -> dict[str, Soak]:
    """Resident memory of this service on either store while documents are stored and read without a rest."""
    async with AsyncExitStack() as stack:
        uri = _database(stack, folder)
        programs = (subject.on_mongodb(uri, folder), subject.on_sqlite(folder))
        subjects = [await stack.enter_async_context(subject.running(each, folder)) for each in programs]
        soaks = await asyncio.gather(*(_soak(each, seconds) for each in subjects))
    return {one.name: soak for one, soak in zip(subjects, soaks, strict=True)}


async def _started(stack: AsyncExitStack, folder: Path) -> list[Subject]:
    uri = _database(stack, folder)
    programs = (
        subject.baseline(uri),
        subject.echo(),
        subject.on_mongodb(uri, folder),
        subject.on_sqlite(folder),
    )
    return [await stack.enter_async_context(subject.running(each, folder)) for each in programs]


def _database(stack: AsyncExitStack, folder: Path) -> str:
    program = mongodb.server()
    assert program is not None, "no MongoDB-compatible server is installed: make cluster"
    server = MongoServer(program, folder / "mongodb")
    server.start()
    stack.callback(server.stop)
    return server.uri


async def _ids(one: Subject) -> Sequence[str]:
    """Of the documents that are stored in the beginning, as many in each program."""
    order = Order(one.port, _posts(()), 16, 201, seconds=_PATIENCE_SECONDS, most=PREFILLED, keep=PREFILLED)
    outcome, _ = await one.load(order)
    return [document.get("_id", "") for document in map(msgspec.json.decode, outcome.bodies)]


async def _figure(each: Workload, one: Subject, ids: Sequence[str], seconds: float) -> Figure:
    order = Order(one.port, each.requests(ids), each.connections, each.status, WARM_UP_SECONDS)
    await one.load(order)
    outcome, cpu = await one.load(msgspec.structs.replace(order, seconds=seconds))
    return Figure(outcome.per_second, outcome.p50_ms, outcome.p99_ms, cpu / outcome.answers * 1e6)


async def _soak(one: Subject, seconds: float) -> Soak:
    ids = await _ids(one)

    async def under_load(span: float) -> float:
        await asyncio.gather(
            one.load(Order(one.port, _posts(ids), 2, 201, span)),
            one.load(Order(one.port, workload.gets(ids), 2, 200, span)),
        )
        return one.megabytes()

    return Soak(seconds, await under_load(seconds / 5), await under_load(seconds * 4 / 5))
