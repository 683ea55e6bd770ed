"""The figures as a table for the terminal and as the published page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.provenance import provenance
from benchmarks.service.phases import (
    BULK,
    BULK_AT_ONCE,
    GET,
    IMPORT,
    LIST,
    POST_1,
    POST_64,
    WORKLOADS,
    Figure,
    Result,
)
from benchmarks.service.workload import IMPORTED
from tests.cluster import mongodb

PROGRAMS: Final = ("baseline", "echo", "MongoDB", "SQLite")
_MOST_MEGABYTES: Final = 90
_MOST_READY_SECONDS: Final = 1.5


@dataclass(frozen=True)
class Goal:
    """A number to reach; of several runs the median counts."""

    label: str
    most: float
    value: Callable[[Result], float]

    def cells(self, runs: Sequence[Result]) -> list[str]:
        found = median(map(self.value, runs))
        return [f"{self.most:g}", f"**{found:.2f}**", "yes" if found <= self.most else "no"]


@dataclass(frozen=True)
class Aside:
    """A ratio without a bound that says where this service does less well than against what the goals name."""

    label: str
    value: Callable[[Result], float]

    def cells(self, runs: Sequence[Result]) -> list[str]:
        return [f"**{median(map(self.value, runs)):.2f}**"]


def _cpu(workload: str, program: str) -> Callable[[Result], float]:
    return lambda run: _ratio(run, workload, program, lambda figure: figure.cpu_us)


def _ratio(run: Result, workload: str, program: str, value: Callable[[Figure], float]) -> float:
    figures = run.figures[workload]
    return value(figures[program]) / value(figures["baseline"])


def _single_to_imported(posts: str, program: str) -> Callable[[Result], float]:
    def ratio(run: Result) -> float:
        imported = run.figures[IMPORT][program].per_second * IMPORTED
        return run.figures[posts][program].per_second / imported

    return ratio


_GOALS: Final = (
    Goal("CPU / baseline, POST at 64, MongoDB", 0.30, _cpu(POST_64, "MongoDB")),
    Goal("CPU / baseline, POST at 64, SQLite", 0.25, _cpu(POST_64, "SQLite")),
    Goal("CPU / baseline, GET by id, MongoDB", 0.50, _cpu(GET, "MongoDB")),
    Goal("CPU / baseline, GET by id, SQLite", 0.25, _cpu(GET, "SQLite")),
    Goal("CPU / baseline, list of 50, MongoDB", 0.30, _cpu(LIST, "MongoDB")),
    Goal("CPU / baseline, list of 50, SQLite", 0.08, _cpu(LIST, "SQLite")),
    Goal("CPU / baseline, POST of 100, MongoDB", 0.25, _cpu(BULK, "MongoDB")),
    Goal("CPU / baseline, POST of 100, SQLite", 0.25, _cpu(BULK, "SQLite")),
    Goal("documents/s, POST alone / import, MongoDB", 0.1, _single_to_imported(POST_1, "MongoDB")),
    Goal("documents/s, POST alone / import, SQLite", 0.1, _single_to_imported(POST_1, "SQLite")),
    Goal(
        "p50 / baseline, POST alone, MongoDB",
        1.0,
        lambda run: _ratio(run, POST_1, "MongoDB", lambda figure: figure.p50_ms),
    ),
    Goal(
        "p50 / baseline, POST alone, SQLite",
        1.0,
        lambda run: _ratio(run, POST_1, "SQLite", lambda figure: figure.p50_ms),
    ),
    Goal("seconds until ready, MongoDB", _MOST_READY_SECONDS, lambda run: run.ready_seconds["MongoDB"]),
    Goal("seconds until ready, SQLite", _MOST_READY_SECONDS, lambda run: run.ready_seconds["SQLite"]),
    Goal("MB resident after all phases, MongoDB", _MOST_MEGABYTES, lambda run: run.megabytes["MongoDB"]),
    Goal("MB resident after all phases, SQLite", _MOST_MEGABYTES, lambda run: run.megabytes["SQLite"]),
    Goal("seconds until served after the database is back", 1.0, lambda run: run.recovery_seconds),
)
_ASIDES: Final = (
    Aside("CPU / baseline with insert_many, POST of 100, MongoDB", _cpu(BULK_AT_ONCE, "MongoDB")),
    Aside("CPU / baseline with insert_many, POST of 100, SQLite", _cpu(BULK_AT_ONCE, "SQLite")),
    Aside("documents/s, POST at 64 / import, MongoDB", _single_to_imported(POST_64, "MongoDB")),
    Aside("documents/s, POST at 64 / import, SQLite", _single_to_imported(POST_64, "SQLite")),
)
_MEASURES: Final[tuple[tuple[str, Callable[[Figure], float], str], ...]] = (
    ("requests/s", lambda figure: figure.per_second, "{:,.0f}"),
    ("p50, ms", lambda figure: figure.p50_ms, "{:.2f}"),
    ("p99, ms", lambda figure: figure.p99_ms, "{:.2f}"),
    ("CPU for each request, us", lambda figure: figure.cpu_us, "{:.0f}"),
)
Table = tuple[str, list[list[str]]]
"""A title and rows, the first of them the heads."""


def tables(runs: Sequence[Result]) -> list[Table]:
    found = [
        ("Numbers to reach", [["", "at most", "measured", "reached"], *map(_labelled(runs), _GOALS)]),
        ("Against a harder measure", [["", "measured"], *map(_labelled(runs), _ASIDES)]),
    ]
    found += [(each.name, [["", *PROGRAMS], *_rows(each.name, runs)]) for each in WORKLOADS]
    found.append(
        (
            "Start and memory",
            [
                ["", *PROGRAMS],
                ["seconds until ready", *_each("{:.2f}", lambda name: [r.ready_seconds[name] for r in runs])],
                [
                    "MB resident after all phases",
                    *_each("{:.0f}", lambda name: [r.megabytes[name] for r in runs]),
                ],
            ],
        )
    )
    return found


def _labelled(runs: Sequence[Result]) -> Callable[[Goal | Aside], list[str]]:
    return lambda each: [each.label, *each.cells(runs)]


def _each(form: str, values: Callable[[str], Sequence[float]]) -> list[str]:
    return [form.format(median(values(name))) for name in PROGRAMS]


def _rows(workload: str, runs: Sequence[Result]) -> list[list[str]]:
    def row(label: str, value: Callable[[Result, str], float], form: str) -> list[str]:
        cells = (
            form.format(median(value(run, program) for run in runs))
            if program in runs[0].figures[workload]
            else "-"
            for program in PROGRAMS
        )
        return [label, *cells]

    def measure(value: Callable[[Figure], float]) -> Callable[[Result, str], float]:
        return lambda run, program: value(run.figures[workload][program])

    rows = [row(label, measure(value), form) for label, value, form in _MEASURES]
    if "baseline" not in runs[0].figures[workload]:
        return rows
    return [*rows, row("**CPU / baseline**", lambda run, program: _cpu(workload, program)(run), "**{:.2f}**")]


def as_text(found: Sequence[Table]) -> str:
    lines = []
    for title, rows in found:
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        lines += ["", title]
        for label, *cells in rows:
            padded = (f"{cell:>{width}}" for cell, width in zip(cells, widths[1:], strict=True))
            lines.append("  ".join([f"{label:{widths[0]}}", *padded]).rstrip())
    return "\n".join(lines).replace("**", "")


def as_page(found: Sequence[Table], runs: int) -> str:
    """The whole page, ending with a line break."""
    return "\n\n".join((_HEAD, _setting(runs), *map(_markdown, found))) + "\n"


def _markdown(table: Table) -> str:
    title, (head, *rows) = table
    lines = [f"## {title}", "", f"| {' | '.join(head)} |".replace("|  |", "| |"), "|---" * len(head) + "|"]
    return "\n".join([*lines, *(f"| {' | '.join(row)} |" for row in rows)])


_PACKAGES = (
    "fastapi",
    "starlette",
    "uvicorn",
    "uvloop",
    "httptools",
    "msgspec",
    "pydantic",
    "motor",
    "pymongo",
)


def _setting(runs: int) -> str:
    servers = f"SecantusDB {mongodb.VERSION} with a sync at each commit"
    return provenance("service", _PACKAGES, servers, str(runs))


_HEAD = """\
# The service's speed

`make bench-service` measures this and writes the page. Four programs are up at once, each one process with one event
loop, and get the same load one after another, in four rounds there and back, from a process of its own:

- **baseline**: what a good developer writes in an afternoon, `benchmarks/service/baseline.py`: FastAPI, Pydantic models
  in and out, Motor's `insert_one`, uvicorn with uvloop, httptools and its access line. An array it stores one by one;
  with `insert_many` in its place it is measured too, beside the same load on the others.
- **echo**: a bare ASGI function under the same uvicorn, which answers with what it was sent.
- **MongoDB**, **SQLite**: this service as it is deployed, `python -m dataservice` with a JSON Schema that says what the
  baseline's models say, its access line and metrics on. MongoDB's server is the baseline's own; SQLite's commits are
  synced to the disk.

A document is an order of 290 bytes. CPU is user and system time of the program's process from `/proc`; the database's
server and the load are not counted. Each answer's status is checked. All who list ask for the same page, so that this
service answers several from one query (`services/shared.py`); the baseline asks for each. What memory
does over time, and during an export of a gigabyte, `make soak` shows ([reliability](../reliability.md)).

**Served after the database is back**: its server is killed (-9), away for three seconds and started again; from when
its port is open to the first document stored, for one caller who asks again and again.

All ratios are of figures from the same run: the machine's noise, and whoever else works on it, is in both."""
