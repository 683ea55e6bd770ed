"""`make soak`: an hour in all; two minutes of it are in the suite."""

import asyncio
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console

from tests.faults.soak import export, operator, service
from tests.faults.soak.trend import Sample, trend

_SLOWER: Final = 5
"""How much less is exported from MongoDB: its stand-in looks at the whole collection for each page."""

console = Console(soft_wrap=True)


def main(
    *,
    count: Annotated[int, typer.Option(help="DataServices; 0 leaves the operator out.")] = 10_000,
    seconds: Annotated[
        float, typer.Option(help="Of both: two thirds for the operator, then one for the service.")
    ] = 3600,
    megabytes: Annotated[
        float, typer.Option(help="Of an export from SQLite; a fifth of it from MongoDB.")
    ] = 1000,
    seed: Annotated[int | None, typer.Option(help="Of what is changed.")] = None,
) -> None:
    """Let them run and look whether memory, descriptors or missed changes add up; exit 1 if they do."""
    seed = random.randrange(2**32) if seed is None else seed  # noqa: S311 - a choice
    complaints = []
    of_the_operator = seconds * 2 / 3 if count else 0.0
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, console.status("starting") as status:
        if count:
            found = asyncio.run(operator.soaked(count, of_the_operator, Path(folder), seed, status.update))
            console.print(
                f"operator, {count} DataServices, seed {seed}: {found.edits} edits, {found.repairs} repairs,"
                f" {found.ended} watches ended with 410, {len(found.missed)} changes missed",
                highlight=False,
            )
            complaints += [f"missed: {name}" for name in found.missed]
            complaints += _judged("operator", found.samples)
        for name, each in asyncio.run(
            service.soaked(seconds - of_the_operator, Path(folder), status.update)
        ).items():
            console.print(
                f"service on {name}, {each.posts_per_second:.0f} POSTs a second: {each.stored} stored,"
                f" {each.read} read, slowest p99 {each.slowest_p99_ms:.0f} ms",
                highlight=False,
            )
            complaints += _judged(f"service on {name}", each.samples)
        for name, size in (("SQLite", megabytes), ("MongoDB", megabytes / _SLOWER)):
            (own := Path(folder) / f"export-{name}").mkdir()
            status.update(f"an export of {size:.0f} MB from {name}")
            complaints += _told(name, asyncio.run(export.exported(name, size, own)))
    for complaint in complaints:
        console.print(complaint, style="red", markup=False, highlight=False)
    raise typer.Exit(1 if complaints else 0)


def _told(name: str, found: export.Found) -> list[str]:
    console.print(
        f"export of {found.megabytes:.0f} MB from {name} in {found.seconds:.1f} s:"
        f" {found.before:.1f} MB -> {found.peak:.1f} MB at most",
        highlight=False,
    )
    return found.complaints()


def _judged(name: str, samples: Sequence[Sample]) -> list[str]:
    first, last = samples[0], samples[-1]
    try:
        found = trend(samples)
    except ValueError as error:
        return [f"{name}: {error}"]
    console.print(
        f"    {len(samples)} samples over {last.seconds - first.seconds:.0f} s: {first.megabytes:.1f} MB ->"
        f" {last.megabytes:.1f} MB, {found.megabytes_per_hour:+.1f} MB/h in the second half;"
        f" {first.descriptors} -> {last.descriptors} descriptors",
        highlight=False,
    )
    return [f"{name}: {complaint}" for complaint in found.complaints()]
