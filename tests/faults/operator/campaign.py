"""The campaign, or `--plan kill:7` to see one of its runs again."""

import random
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import Progress

from tests.faults.api_server import prepared
from tests.faults.operator import story
from tests.faults.operator.plans import Plan, all_plans, one_of_each
from tests.support.kubectl import Kubectl

_CHANCES: Final = 3

console = Console(soft_wrap=True)


def main(
    plans: Annotated[list[str] | None, typer.Option("--plan", help="Run these alone, as kill:7.")] = None,
    *,
    sample: Annotated[bool, typer.Option("--sample", help="Each fault once.")] = False,
    most: Annotated[int, typer.Option(help="Runs at most, chosen by the seed; 0 for all.")] = 0,
    seed: Annotated[int | None, typer.Option(help="Of the choice.")] = None,
    together: Annotated[int, typer.Option(help="Runs at the same time.")] = 4,
) -> None:
    """Kill, starve, confuse and lie to the operator at each point of its work; exit 1 if anything comes of it."""
    kubectl = prepared(console)
    started = time.monotonic()
    reference = undisturbed(kubectl, together)
    possible = list(all_plans(reference.writes, reference.events))
    seed = random.randrange(2**32) if seed is None else seed  # noqa: S311 - a choice
    eligible = one_of_each(possible) if sample else possible
    chosen = [Plan.parse(each) for each in plans or ()] or _chosen(eligible, most, seed)
    console.print(
        f"{len(reference.writes)} writes, {len(reference.events)} events, {len(reference.objects)} objects;"
        f" {len(possible)} plans that can differ, {len(chosen)} run (seed {seed})"
    )
    with Progress(console=console) as progress:
        task = progress.add_task("runs", total=len(chosen))
        failures = disturbed(kubectl, reference, chosen, together, lambda: progress.advance(task))
    for plan, error in failures:
        console.print(f"{plan}: {type(error).__name__}: {error}", markup=False, highlight=False)
        console.print(
            f"    again: make test-faults ARGS='operator --plan {plan}'", markup=False, highlight=False
        )
    counts = ", ".join(f"{fault} {count}" for fault, count in Counter(each.fault for each in chosen).items())
    console.print(f"{counts}; {len(failures)} failed, {time.monotonic() - started:.0f} s", highlight=False)
    raise typer.Exit(1 if failures else 0)


def undisturbed(kubectl: Kubectl, together: int) -> story.Outcome:
    """What the others are compared with, with the writes and events that each run has: as many runs at once as later,
    since an operator that is kept waiting writes a status less. Raises Broken where two of them differ.
    """
    with ThreadPoolExecutor(together) as pool:
        first, *others = pool.map(lambda _: _one(kubectl, None), range(together))
    for each in others:
        story.compared(first, each)
    return replace(
        first,
        writes=min((each.writes for each in (first, *others)), key=len),
        events=min((each.events for each in (first, *others)), key=len),
    )


def disturbed(
    kubectl: Kubectl,
    reference: story.Outcome,
    plans: Sequence[Plan],
    together: int,
    advance: Callable[[], None] = lambda: None,
) -> list[tuple[Plan, Exception]]:
    """Run each plan, so many at the same time; returns those that failed, and why. `advance` is called after each."""

    def run(plan: Plan) -> tuple[Plan, Exception | None]:
        try:
            story.compared(reference, _happened(kubectl, plan), plan.fault)
        except (story.Broken, story.FaultMissing, AssertionError, RuntimeError) as error:
            return plan, error
        finally:
            advance()
        return plan, None

    with ThreadPoolExecutor(together) as pool:
        return [(plan, error) for plan, error in pool.map(run, plans) if error is not None]


def _chosen(possible: Sequence[Plan], most: int, seed: int) -> list[Plan]:
    return random.Random(seed).sample(possible, most) if 0 < most < len(possible) else list(possible)  # noqa: S311 - a choice


def _one(kubectl: Kubectl, plan: Plan | None) -> story.Outcome:
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        return story.told(kubectl, Path(folder), plan)


def _happened(kubectl: Kubectl, plan: Plan) -> story.Outcome:
    """Two runs may differ by a status or an event: a plan near the end gets its chance again. Raises FaultMissing."""
    for _ in range(_CHANCES - 1):
        try:
            return _one(kubectl, plan)
        except story.FaultMissing:
            continue
    return _one(kubectl, plan)
