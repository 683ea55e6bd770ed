"""`make bench-operator`: measure, print the ratios, write docs/benchmarks/operator.md."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from benchmarks.operator import phases, report
from benchmarks.operator.report import Result
from tests.cluster import golang
from tests.cluster.progress import perform
from tests.support.endings import end_on_signals

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/benchmarks/operator.md"
REPEATED: Final = 1000
"""DataServices up to which a run is repeated: beyond, it would take hours."""

BESIDE_KRO: Final = 3
"""Runs in which kro is measured too, of one size: it takes minutes of each, which more runs of ours are worth."""

console = Console(soft_wrap=True)


def main(
    sizes: Annotated[list[int] | None, typer.Option("--size", help="Resources; may be repeated.")] = None,
    *,
    repeat: Annotated[int, typer.Option(help="Runs of each size up to 1,000; the median counts.")] = 7,
    page: Annotated[
        Path | None, typer.Option(help="Where the page is written; none is if not given.")
    ] = None,
) -> None:
    """Measure the operator beside a bare client that writes the same objects to the same API server, and beside kro."""
    end_on_signals()
    perform(golang.build_tasks(golang.RIVALS), console)
    results: list[list[Result]] = []
    sizes = sizes or [100, 1000, 10_000]
    with_kro = max((size for size in sizes if size <= REPEATED), default=None)
    for size in sizes:
        runs = repeat if size <= REPEATED else 1
        results.append(_measured(size, runs, beside_kro=BESIDE_KRO if size == with_kro else 0))
        if page is not None:  # after each, since the last takes the longest
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(report.as_page(results))
    console.print(report.as_text(results), markup=False, highlight=False)
    if page is not None:
        console.print(f"written: {page}", markup=False, highlight=False)


def _measured(size: int, runs: int, *, beside_kro: int) -> list[Result]:
    with tempfile.TemporaryDirectory(prefix="bench-operator-") as folder:
        return [
            _run(size, f"run {number} of {runs}", Path(folder), rival=number <= beside_kro)
            for number in range(1, runs + 1)
        ]


def _run(size: int, which: str, folder: Path, *, rival: bool) -> Result:
    log = folder / "operator.log"
    label = f"{size} resources, {which}"
    with console.status(f"{label}: a bare client's writes"):
        before_cold = asyncio.run(phases.floor(size))
    with console.status(f"{label}: cold start"):
        cold = asyncio.run(phases.cold(size, log))
    with console.status(f"{label}: a bare client's writes again"):
        between = asyncio.run(phases.floor(size))
    with console.status(f"{label}: hot creation, edits, drift, rest"):
        warm = asyncio.run(phases.warm(size, log))
    with console.status(f"{label}: a bare client's writes once more"):
        after_hot = asyncio.run(phases.floor(size))
    kro = None
    if rival:
        with console.status(f"{label}: kro, hot creation, edits, drift"):
            kro = asyncio.run(phases.rival(size, folder / "kro.log"))
    result = Result(size, (before_cold, between, after_hot), cold, warm, kro)
    console.print(f"{label}: {report.in_a_line(result)}", markup=False, highlight=False)
    complaints = log.read_text().strip() if log.exists() else ""
    if complaints:
        console.print(complaints[-2000:], markup=False, highlight=False)
    return result


if __name__ == "__main__":
    typer.run(main)
