"""The phases of one run. All programs are up at once; each phase puts the same load on one after another, in rounds."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

import msgspec

from benchmarks.service import subject, workload
from benchmarks.service.load import Order, Outcome
from benchmarks.service.recovery import recovery_seconds
from benchmarks.service.subject import Subject
from tests.cluster import mongodb
from tests.cluster.mongodb import MongoServer

WARM_UP_SECONDS: Final = 0.5
ROUNDS: Final = 4
"""Each in the opposite order of the one before: SecantusDB gets slower as it fills."""
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
class Result:
    """One run: by workload, then by program."""

    figures: Mapping[str, Mapping[str, Figure]]
    ready_seconds: Mapping[str, float]
    megabytes: Mapping[str, float]
    """Resident after the phases."""
    recovery_seconds: float
    """Of the service on MongoDB, whose server was killed and started again."""


@dataclass(frozen=True)
class Workload:
    name: str
    connections: int
    status: int
    requests: Callable[[str, Sequence[str]], Sequence[bytes]]
    """Made from the program's name and the ids that it has."""
    programs: frozenset[str] = frozenset({"baseline", "MongoDB", "SQLite"})
    """Those that can do it."""
    rounds: int = ROUNDS


def posts(_program: str, _ids: Sequence[str]) -> Sequence[bytes]:
    return [workload.post("/data", workload.BODY)]


def _gets(_program: str, ids: Sequence[str]) -> Sequence[bytes]:
    return workload.gets(ids)


def _lists(_program: str, _ids: Sequence[str]) -> Sequence[bytes]:
    return [workload.get("/data?limit=50")]


def _arrays(path_of_baseline: str) -> Callable[[str, Sequence[str]], Sequence[bytes]]:
    return lambda program, _: [workload.bulk(path_of_baseline if program == "baseline" else "/data")]


def _imports(_program: str, _ids: Sequence[str]) -> Sequence[bytes]:
    return [workload.lines("/data:import")]


def _exports(_program: str, _ids: Sequence[str]) -> Sequence[bytes]:
    return [workload.get("/data:export")]


POST_1, POST_64, POST_256 = (f"POST, {connections} at a time" for connections in (1, 64, 256))
GET, LIST = "GET by id, 64 at a time", "list of 50, 16 at a time"
EXPORT = f"export of {PREFILLED} documents, 4 at a time"
BULK = f"POST of {workload.BULK}, 16 at a time"
BULK_AT_ONCE = f"{BULK}, of the baseline by insert_many"
IMPORT = f"import of {workload.IMPORTED:,} lines, 2 at a time"
_ALL: Final = frozenset({"baseline", "echo", "MongoDB", "SQLite"})
_OURS: Final = frozenset({"MongoDB", "SQLite"})
WORKLOADS: Final = (
    Workload(GET, 64, 200, _gets),
    Workload(LIST, 16, 200, _lists),
    Workload(EXPORT, 4, 200, _exports, _OURS),
    *(
        Workload(name, connections, 201, posts, _ALL)
        for name, connections in ((POST_1, 1), (POST_64, 64), (POST_256, 256))
    ),
    # One answer of the baseline takes longer than all rounds would.
    Workload(BULK, 16, 201, _arrays("/data/each"), rounds=1),
    Workload(BULK_AT_ONCE, 16, 201, _arrays("/data/bulk")),
    Workload(IMPORT, 2, 200, _imports, _OURS),
)
"""Reads come first, while each program has as many documents."""


async def measured(seconds: float, folder: Path, say: Callable[[str], None]) -> Result:
    """One run, on a database of its own."""
    figures: dict[str, dict[str, Figure]] = {}
    async with AsyncExitStack() as stack:
        server = _database(stack, folder)
        subjects = await _started(stack, server.uri, folder)
        ids = {each.name: await prefill(each) for each in subjects}
        for each in WORKLOADS:
            able = [one for one in subjects if one.name in each.programs]
            figures[each.name] = await _figures(each, able, ids, seconds, say)
        say("recovery")
        megabytes = {one.name: one.megabytes() for one in subjects}
        on_mongodb = next(one for one in subjects if one.name == "MongoDB")
        return Result(
            figures,
            {one.name: one.ready_seconds for one in subjects},
            megabytes,
            await recovery_seconds(server, on_mongodb),
        )


async def own(stack: AsyncExitStack, folder: Path) -> list[Subject]:
    """This service on either store, started for as long as `stack` is open."""
    uri = _database(stack, folder).uri
    programs = (subject.on_mongodb(uri, folder), subject.on_sqlite(folder))
    return [await stack.enter_async_context(subject.running(each, folder)) for each in programs]


async def _started(stack: AsyncExitStack, uri: str, folder: Path) -> list[Subject]:
    programs = (
        subject.baseline(uri),
        subject.echo(),
        subject.on_mongodb(uri, folder),
        subject.on_sqlite(folder),
    )
    return [await stack.enter_async_context(subject.running(each, folder)) for each in programs]


def _database(stack: AsyncExitStack, folder: Path) -> MongoServer:
    program = mongodb.server()
    assert program is not None, "no MongoDB-compatible server is installed: make cluster"
    server = MongoServer(program, folder / "mongodb")
    server.start()
    stack.callback(server.stop)
    return server


async def prefill(one: Subject) -> Sequence[str]:
    """Ids of the documents that are stored in the beginning, as many in each program."""
    order = Order(
        one.port, posts(one.name, ()), 16, 201, seconds=_PATIENCE_SECONDS, most=PREFILLED, keep=PREFILLED
    )
    outcome, _ = await one.load(order)
    return [document.get("_id", "") for document in map(msgspec.json.decode, outcome.bodies)]


async def _figures(
    each: Workload,
    subjects: Sequence[Subject],
    ids: Mapping[str, Sequence[str]],
    seconds: float,
    say: Callable[[str], None],
) -> dict[str, Figure]:
    """By program, each of which is under load for so many seconds in all."""
    loads: dict[str, list[tuple[Outcome, float]]] = {one.name: [] for one in subjects}
    for number in range(each.rounds):
        for one in subjects if number % 2 == 0 else reversed(subjects):
            say(f"{each.name}: {one.name}, round {number + 1}")
            requests = each.requests(one.name, ids[one.name])
            order = Order(one.port, requests, each.connections, each.status, seconds / each.rounds)
            if number == 0:
                await one.load(msgspec.structs.replace(order, seconds=WARM_UP_SECONDS))
            loads[one.name].append(await one.load(order))
    return {name: _figure(of_one) for name, of_one in loads.items()}


def _figure(loads: Sequence[tuple[Outcome, float]]) -> Figure:
    """Of all rounds together; of percentiles their median."""
    answers = sum(outcome.answers for outcome, _ in loads)
    return Figure(
        answers / sum(outcome.seconds for outcome, _ in loads),
        median(outcome.p50_ms for outcome, _ in loads),
        median(outcome.p99_ms for outcome, _ in loads),
        sum(cpu for _, cpu in loads) / answers * 1e6,
    )
