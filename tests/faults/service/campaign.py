"""The campaign, or one schedule of it again."""

import asyncio
import random
import shlex
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Final, TypeVar

import typer
from rich.console import Console

from tests.cluster import mongodb
from tests.faults.service.history import NothingCompared
from tests.faults.service.run import FaultMissing, Result, run
from tests.faults.service.schedule import Schedule, parsed, planned, shrunk, written
from tests.faults.service.stores import Name, Store

_T = TypeVar("_T", bound=str)
_LEAST_FAULTS: Final = 5
_SECONDS: Final = 12.0
_MOST_SHRINKING: Final = 20

console = Console(soft_wrap=True, highlight=False, markup=False)


def main(
    *,
    seed: Annotated[int | None, typer.Option(help="Of the first round; the next ones count up.")] = None,
    schedule: Annotated[
        str | None, typer.Option(help="Faults in place of those of the seed, as printed.")
    ] = None,
    rounds: Annotated[int, typer.Option(help="With each store.", min=1)] = 1,
    stores: Annotated[list[Name] | None, typer.Option("--store", help="These alone.")] = None,
) -> None:
    """Kill, slow down, cut off and starve the service and its database under load; exit 1 if a promise is broken."""
    seed = random.randrange(2**32) if seed is None else seed  # noqa: S311 - a choice
    given = None if schedule is None else parsed(schedule)
    failed = [
        (number, store)
        for number in range(seed, seed + rounds)
        for store in stores or Name
        if not held(store, number, given)
    ]
    console.print(f"{len(failed)} rounds failed")
    raise typer.Exit(1 if failed else 0)


def held(store: Name, seed: int, given: Schedule | None) -> bool:
    """Run one round, and say what came of it and what the least of it is that fails."""
    schedule = planned_for(store, seed) if given is None else given
    console.print(f"seed {seed}, {store}: {written(schedule)}")
    outcome = _outcome(store, seed, schedule)
    if isinstance(outcome, Result):
        console.print(f"    {told(outcome)}")
    failures = failures_of(outcome)
    for failure in failures:
        console.print(f"    {failure}")
    if failures:
        least = _least(store, seed, schedule) if given is None and _broken(outcome) else schedule
        words = ["python", "-m", "tests.faults", "service", "--store", store, "--seed", str(seed)]
        console.print(f"    again: {shlex.join([*words, '--schedule', written(least)])}")
    return not failures


def planned_for(store: Name, seed: int) -> Schedule:
    return planned(seed, store.kinds, faults=max(_LEAST_FAULTS, 2 * len(store.kinds)), seconds=_SECONDS)


def told(result: Result) -> str:
    statuses = Counter(str(call.status or call.error) for call in result.calls)
    parts = (
        f"{len(result.calls)} requests ({_counts(statuses)})",
        f"{sum(result.writes.values())} writes ({_counts(result.writes)})",
        f"{result.reads} reads",
        f"the slowest {max(call.ended - call.began for call in result.calls):.1f} s",
        _counts(result.happened),
        f"{result.seconds:.0f} s",
    )
    return "; ".join(parts)


def failures_of(outcome: Result | Exception) -> Sequence[str]:
    """One line each."""
    if isinstance(outcome, Result):
        return outcome.failures
    return [f"{type(outcome).__name__}: {outcome}"]


def _broken(outcome: Result | Exception) -> bool:
    """Whether the service broke a promise; a run that judged nothing does not say so."""
    return not isinstance(outcome, FaultMissing | NothingCompared) and bool(failures_of(outcome))


def _counts(counts: Mapping[_T, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items()))


def _outcome(store: Name, seed: int, schedule: Schedule) -> Result | Exception:
    """An exception is a run that judged nothing, or a process that did not come up again."""
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        try:
            with _opened(store, Path(folder)) as opened:
                return asyncio.run(run(opened, schedule, seed, Path(folder), seconds=_SECONDS))
        except (FaultMissing, NothingCompared, AssertionError, RuntimeError) as error:
            return error


@contextmanager
def _opened(store: Name, folder: Path) -> Iterator[Store]:
    if store is Name.SQLITE:
        yield Store(store, folder)
        return
    program = mongodb.server()
    if program is None:
        console.print("the MongoDB-compatible server is not installed: run `make cluster`")
        raise typer.Exit(2)
    server = mongodb.MongoServer(program, folder / "mongodb")
    server.start()
    try:
        yield Store(store, folder, server)
    finally:
        server.stop()


def _least(store: Name, seed: int, schedule: Schedule) -> Schedule:
    """As far as so many more runs tell: what depends on a moment does not fail each time."""
    left = _MOST_SHRINKING

    def fails(less: Schedule) -> bool:
        nonlocal left
        left -= 1
        outcome = _outcome(store, seed, less) if left >= 0 else None
        return outcome is not None and _broken(outcome)

    return shrunk(schedule, fails)
