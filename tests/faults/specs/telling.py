"""Specs that follow each other in one DataService, and what was compared on the way."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Final

import httpx

from dataservice_operator.crd.model import VALIDATIONS
from tests.faults.specs import oracles
from tests.faults.specs.oracles import Broken, Seen, Verdict
from tests.faults.specs.schema import at, parts, places, spec_schema, told
from tests.faults.specs.strategies import Sequence, Spec, Step, Verb
from tests.faults.specs.world import SETTINGS, World

_ADMITTED_OF_TEN: Final = 7


@dataclass
class Counts:
    """What happened: a campaign that compared nothing has shown nothing."""

    sequences: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    admitted: int = 0
    refused_by_rule: int = 0
    emptied: int = 0
    """Refused, since server-side apply makes `{}` of what had something in it null
    (https://github.com/kubernetes/kubernetes/issues/104694).
    """
    broken: Counter[str] = field(default_factory=Counter)
    """Refused, by what of the schema was broken."""
    leaves: Counter[str] = field(default_factory=Counter)
    """Admitted specs, by the leaves that were written in them."""
    equal: int = 0
    rejected: int = 0
    """Children that the API server refuses."""
    kept: Counter[str] = field(default_factory=Counter)
    ready: int = 0
    not_ready: Counter[str] = field(default_factory=Counter)
    there_and_back: int = 0

    def lacking(self) -> list[str]:
        """What a campaign of some length must have done, and did not."""
        judged = self.admitted + self.refused_by_rule
        facts = {
            "no child was compared": self.equal == 0,
            "no broken spec was refused": not self.broken,
            "no spec was there again after another": self.there_and_back == 0,
            "none was Ready": self.ready == 0,
            "none was not Ready": not self.not_ready,
            f"admitted {self.admitted} of {judged}": 10 * self.admitted < _ADMITTED_OF_TEN * judged,
        }
        return [sentence for sentence, lacks in facts.items() if lacks]


class Teller:
    """Tells sequences in one world, each of a DataService of its own."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.counts = Counts()

    def tell(self, sequence: Sequence) -> None:
        """Apply the specs one after another; see then that all is at rest and others are served. Raises Broken."""
        name = self._world.unused_name()
        try:
            _Story(self._world, name, self.counts).tell(sequence)
            self._world.still_serves()
            self._world.at_rest()
        except BaseException:
            self._world.leave()
            raise
        finally:
            self._world.drop(name)
        self.counts.sequences += 1


class _Story:
    """One DataService from its first spec on."""

    def __init__(self, world: World, name: str, counts: Counts) -> None:
        self._world = world
        self._name = name
        self._counts = counts
        self._before: Seen | None = None
        self._first: tuple[Seen, Verdict] | None = None

    def tell(self, sequence: Sequence) -> None:
        """Raises Broken, naming the step."""
        for number, step in enumerate(sequence, start=1):
            try:
                if step.verb is Verb.BREAK:
                    self._break(step)
                else:
                    self._follow(step)
            except Broken as error:
                where = told(step.path) if step.path else "all"
                found = Broken(f"step {number}, {step.verb} {where}: {error}")
                found.step = number
                raise found from error
            self._counts.steps[step.verb] += 1

    def _break(self, step: Step) -> None:
        answer = self._world.apply(self._name, step.spec)
        if answer.is_success:
            raise Broken(f"{step.keyword} is broken, and was admitted")
        message = str(answer.json().get("message"))
        if told(step.path) not in message:
            raise Broken(f"{step.keyword} is refused without naming {told(step.path)}: {message[:300]}")
        if self._before is not None:
            self._unchanged(self._before)
        self._counts.broken[step.keyword] += 1

    def _unchanged(self, before: Seen) -> None:
        after = self._world.look(self._name)
        if after is None:
            raise Broken("a refused spec made another generation")
        oracles.unchanged(before, after)

    def _follow(self, step: Step) -> None:
        answer = self._world.apply(self._name, step.spec)
        if not answer.is_success:
            self._refused(step, answer)
            return
        self._counts.admitted += 1
        self._counts.leaves.update({place.leaf for place in places(spec_schema(), step.spec)})
        seen, verdict = self._settled()
        if step.verb is Verb.BEGIN:
            self._first = seen, verdict
        if step.verb is Verb.AGAIN and self._first and not verdict.kept and not verdict.differing:
            self._again(seen)
        self._count(seen, verdict)
        self._before = seen

    def _again(self, seen: Seen) -> None:
        assert self._first is not None
        first, verdict = self._first
        if not verdict.kept and not verdict.differing:
            oracles.same_again(first, seen)
            self._counts.there_and_back += 1

    def _refused(self, step: Step, answer: httpx.Response) -> None:
        """By a rule in CEL, in its own words; the schema alone admits each of these."""
        message = str(answer.json().get("message"))
        emptied = _emptied(step.spec, message)
        if not emptied and not any(sentence in message for sentence in _sentences()):
            raise Broken(f"refused by no rule of the CRD: {answer.status_code} {message[:500]}")
        if self._before is not None:
            self._unchanged(self._before)
        if emptied:
            self._counts.emptied += 1
        else:
            self._counts.refused_by_rule += 1

    def _settled(self) -> tuple[Seen, Verdict]:
        """Once the operator has acted and all oracles hold. Raises Broken: what does not hold in the end."""
        last: list[Broken] = []

        def look() -> tuple[Seen, Verdict] | None:
            seen = self._world.look(self._name)
            try:
                return (seen, self._judged(seen)) if seen else None
            except Broken as error:
                last[:] = [error]
                return None

        try:
            return self._world.wait("the operator has acted", look)
        except Broken as error:
            raise Broken(f"it does not settle: {error}\n{last[-1] if last else ''}") from error

    def _judged(self, seen: Seen) -> Verdict:
        verdict = oracles.judged(seen, self._before, SETTINGS)
        for manifest in () if verdict.kept else verdict.differing:
            if not self._world.refuses(manifest):
                live = seen.children.get((manifest["kind"], manifest["metadata"]["name"]))
                difference = oracles.describe(manifest, live)
                raise Broken(f"{manifest['kind']} is not what rendering says:\n{difference}")
        if verdict.surplus and not verdict.differing and not verdict.kept:
            raise Broken(f"not asked for, and there: {verdict.surplus}")
        oracles.ready_is_deserved(seen, verdict)
        return verdict

    def _count(self, seen: Seen, verdict: Verdict) -> None:
        counts = self._counts
        counts.equal += verdict.equal
        counts.rejected += len(verdict.differing)
        if verdict.kept:
            counts.kept[verdict.kept] += 1
        ready = next(each for each in seen.parent["status"]["conditions"] if each["type"] == "Ready")
        if ready["status"] == "True":
            counts.ready += 1
        else:
            counts.not_ready[ready["reason"]] += 1


def _emptied(spec: Spec, message: str) -> bool:
    """Whether it is about nothing but objects that the spec leaves empty."""
    there = {told(place.path): at(spec, place.path) for place in places(spec_schema(), spec)}
    made_null = re.findall(r'(spec\S+): Invalid value: "null": \S+ in body must be of type object', message)
    return bool(made_null) and all(there.get(name) == {} for name in made_null)


def _sentences() -> list[str]:
    """The messages of the CRD's rules of the spec."""
    return [rule["message"] for _, part in parts(spec_schema()) for rule in part.get(VALIDATIONS, ())]
