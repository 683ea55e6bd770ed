"""`make bench-service`: measure, print the ratios, write docs/benchmarks/service.md."""

import asyncio
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from benchmarks.service import phases, report
from tests.support.endings import end_on_signals

console = Console(soft_wrap=True)


def main(
    *,
    seconds: Annotated[float, typer.Option(help="Of each load on each program.")] = 4,
    repeat: Annotated[int, typer.Option(help="Runs; the median counts.")] = 3,
    page: Annotated[
        Path | None, typer.Option(help="Where the page is written; none is if not given.")
    ] = None,
) -> None:
    """Measure the service beside a naive baseline and a bare ASGI echo."""
    end_on_signals()
    runs = [_run(f"run {number} of {repeat}", seconds) for number in range(1, repeat + 1)]
    found = report.tables(runs)
    console.print(report.as_text(found), markup=False, highlight=False)
    if page is not None:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(report.as_page(found, repeat))
        console.print(f"written: {page}", markup=False, highlight=False)


def _run(label: str, seconds: float) -> phases.Result:
    with console.status(label) as status, tempfile.TemporaryDirectory(prefix="bench-service-") as folder:
        return asyncio.run(
            phases.measured(seconds, Path(folder), lambda phase: status.update(f"{label}: {phase}"))
        )


if __name__ == "__main__":
    typer.run(main)
