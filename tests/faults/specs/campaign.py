"""The campaign; the same `--seed` and `--sequences` run it again."""

import json
import random
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import hypothesis
import typer
import yaml
from hypothesis import HealthCheck, Phase
from rich.console import Console

from tests.faults.api_server import prepared
from tests.faults.specs.oracles import Broken
from tests.faults.specs.schema import leaves, spec_schema, told
from tests.faults.specs.strategies import Sequence, sequences
from tests.faults.specs.telling import Counts, Teller
from tests.faults.specs.world import world
from tests.support.data_service import smallest

_MADE_FOR_ONE: Final = 3
"""Some that Hypothesis makes are alike."""
_SHRINK_RUNS: Final = 25
_SELDOM: Final = 3

console = Console(soft_wrap=True, highlight=False, markup=False)


@dataclass
class Failure(Exception):
    sequence: Sequence
    broken: Broken


@dataclass
class Shrinking:
    """Tells a sequence once. When one has failed, it tells only so many more, from which Hypothesis takes the smallest
    that fails: those after them count as good, and what is known stays as it was, so that Hypothesis sees no flakiness.
    """

    tell: Callable[[Sequence], None]
    number: int
    """So many different ones are told while none has failed."""
    runs: int = _SHRINK_RUNS
    told: int = 0
    known: dict[str, Failure | None] = field(default_factory=dict)
    last: Failure | None = None

    def __call__(self, sequence: Sequence) -> None:
        """Raises Failure, the same for the same sequence."""
        key = json.dumps([[step.verb, step.path, step.spec] for step in sequence], sort_keys=True)
        if key not in self.known:
            self.known[key] = self._told(sequence)
        if failure := self.known[key]:
            self.last = failure
            raise failure

    def _told(self, sequence: Sequence) -> Failure | None:
        if self.last is None and self.told < self.number:
            self.told += 1
        elif self.last is not None and self.runs > 0:
            self.runs -= 1
        else:
            return None
        try:
            self.tell(sequence)
        except Broken as error:
            return Failure(sequence, error)
        return None


def run(tell: Callable[[Sequence], None], seed: int, number: int) -> None:
    """Tell so many sequences. Raises Failure, with the smallest found."""
    shrinking = Shrinking(tell, number)

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=_MADE_FOR_ONE * number,
        deadline=None,  # a sequence takes seconds, on a machine that does other things too
        database=None,  # the seed alone decides
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=hypothesis.Verbosity.quiet,
    )
    @hypothesis.given(sequences())
    def told_one(sequence: Sequence) -> None:
        shrinking(sequence)

    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "Generating overly large repr")
            told_one()
    except Failure:
        assert shrinking.last is not None
        raise shrinking.last from None
    if shrinking.told < number:
        raise RuntimeError(f"only {shrinking.told} of {number} sequences were made that differ")


def main(
    *,
    seed: Annotated[int | None, typer.Option(help="Of the sequences; random if not given.")] = None,
    number: Annotated[int, typer.Option("--sequences", help="How many.")] = 50,
) -> None:
    """Specs from the CRD's own schema, one after another; exit 1 if one does not come true."""
    kubectl = prepared(console)
    seed = random.randrange(2**32) if seed is None else seed  # noqa: S311 - a choice
    console.print(f"seed {seed}, {number} sequences")
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder, world(kubectl, Path(folder)) as place:
        teller = Teller(place)
        try:
            run(teller.tell, seed, number)
        except Failure as failure:
            show(failure, again=f"make test-faults ARGS='specs --seed {seed} --sequences {number}'")
            raise typer.Exit(1) from None
        finally:
            report(teller.counts, time.monotonic() - started)
    if lacking := teller.counts.lacking():
        console.print(f"the campaign has not shown what it is there for: {'; '.join(lacking)}")
        raise typer.Exit(1)


def show(failure: Failure, again: str) -> None:
    """The steps up to what broke, and a file with their specs for `kubectl apply`, one after another."""
    steps = failure.sequence[: failure.broken.step]
    titles = [f"{step.verb} {told(step.path) if step.path else ''}".rstrip() for step in steps]
    documents = [
        f"# {title}\n{yaml.safe_dump(smallest() | {'spec': step.spec}, sort_keys=False)}"
        for title, step in zip(titles, steps, strict=True)
    ]
    with tempfile.NamedTemporaryFile("w", prefix="specs-", suffix=".yaml", delete=False) as file:
        file.write("---\n".join(documents))
    console.print("\n".join(f"{number}: {title}" for number, title in enumerate(titles, start=1)))
    console.print(f"{failure.broken}\nspecs: {file.name}\nagain: {again}")


def report(counts: Counts, seconds: float) -> None:
    every = leaves(spec_schema())
    never = [leaf for leaf in every if not counts.leaves[leaf]]
    seldom = [leaf for leaf in every if 0 < counts.leaves[leaf] < _SELDOM]
    console.print(f"{counts.sequences} sequences of steps: {_told(counts.steps)}; {seconds:.0f} s")
    console.print(
        f"specs: {counts.admitted} admitted, {counts.refused_by_rule} refused by a rule in CEL, {counts.emptied} since"
        f" an object was emptied by server-side apply, broken and refused: {_told(counts.broken)}"
    )
    console.print(
        f"children: {counts.equal} equal to what is rendered, {counts.rejected} refused by the API server; "
        f"{counts.there_and_back} times the same there and back"
    )
    console.print(
        f"Ready {counts.ready}; not: {_told(counts.not_ready)}; children kept: {_told(counts.kept)}"
    )
    console.print(
        f"fields: {len(every) - len(never)} of {len(every)} written in an admitted spec, "
        f"{len(seldom)} of them less than {_SELDOM} times; never: {', '.join(never) or 'none'}"
    )


def _told(counts: Counter[str]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.most_common()) or "none"
