"""The generator knows all of the CRD, and makes of it what it says."""

from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from dataservice_operator.crd.model import VALIDATIONS
from tests.faults.specs import schema as read
from tests.faults.specs.rules import IMPLIED, KEYS, MENDS, TEXTS, TRANSITIONS
from tests.faults.specs.schema import leaves, parts, places, put, rules, spec_schema, told
from tests.faults.specs.strategies import Broken, Sequence, Verb, broken, obedient, sequences, specs

quick = settings(
    max_examples=100,
    deadline=None,
    database=None,
    phases=(Phase.generate,),
    suppress_health_check=list(HealthCheck),
)


_SEEDS = 5
"""Of 300 sequences each: the rarest field is in 2 to 33 of them."""

_KEYWORDS = ("type", "enum", "minimum", "maximum", "maxLength", "required")


def test_every_rule_in_cel_has_a_line_and_no_line_is_without_a_rule() -> None:
    known = [*TEXTS, *IMPLIED, *KEYS, *MENDS, *TRANSITIONS]
    assert len(known) == len(set(known))
    assert set(known) == {rule for _, part in parts(spec_schema()) for rule in rules(part)}


def test_a_keyword_that_the_generator_does_not_know_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(read, "_KEYWORDS", read._KEYWORDS - {"maxLength"})
    spec_schema.cache_clear()
    with pytest.raises(read.UnknownKeyword, match="maxLength"):
        spec_schema()
    spec_schema.cache_clear()


def test_sequences_write_every_field_and_take_every_kind_of_step() -> None:
    written: Counter[str] = Counter()
    verbs: Counter[str] = Counter()
    keywords: Counter[str] = Counter()

    @settings(quick, max_examples=300)
    @given(sequences())
    def look(sequence: Sequence) -> None:
        for step in sequence:
            verbs[step.verb] += 1
            keywords[step.keyword] += 1
            if step.verb is not Verb.BREAK:
                written.update({place.leaf for place in places(spec_schema(), step.spec)})

    def missing() -> list[str]:
        return [
            *(leaf for leaf in leaves(spec_schema()) if not written[leaf]),
            *(verb for verb in Verb if not verbs[verb]),
            *(keyword for keyword in _KEYWORDS if not keywords[keyword]),
        ]

    # What a seed makes depends on the modules that are loaded: Hypothesis takes constants from them.
    for number in range(_SEEDS):
        seed(number)(look)()
        if not missing():
            break
    assert missing() == []


@seed(0)
@quick
@given(sequences())
def test_each_step_changes_one_place_and_the_last_is_the_first(sequence: Sequence) -> None:
    first, *others = sequence
    assert first.verb is Verb.BEGIN
    changes = [step for step in others if step.verb is not Verb.BREAK]
    if changes:
        assert changes[-1].spec == first.spec
        assert changes[-1].verb in (Verb.AGAIN, Verb.CHANGE, Verb.ADD, Verb.REMOVE)
    for before, after in zip([first, *changes], changes, strict=False):
        assert before.spec != after.spec


@seed(0)
@quick
@given(specs())
def test_what_keeps_the_rules_is_left_as_it_is(spec: dict[str, Any]) -> None:
    assert obedient(spec_schema(), spec) == spec


@seed(0)
@quick
@given(specs().flatmap(broken))
def test_a_break_is_at_the_place_that_it_names(found: Broken) -> None:
    above = found.spec
    for step in found.path[:-1]:
        above = above[step]  # type: ignore[index]  # of the path's own kinds
    assert (found.path[-1] not in above) == (found.keyword == "required") or isinstance(above, list)


def test_a_place_is_named_as_the_api_server_names_it() -> None:
    assert told(("data", "indexes", 0, "fields", 1)) == "spec.data.indexes[0].fields[1]"
    assert put({"a": [1, 2]}, ("a", 1), 3) == {"a": [1, 3]}


def test_the_rules_are_read_from_the_schema() -> None:
    assert sum(len(part.get(VALIDATIONS, ())) for _, part in parts(spec_schema())) > 50
