"""The campaign stops, tells and replays as it says."""

from collections import Counter

import pytest

from tests.faults.specs.campaign import Failure, run
from tests.faults.specs.oracles import Broken
from tests.faults.specs.strategies import Sequence
from tests.faults.specs.telling import Counts

SEED = 3


def test_the_seed_decides_the_sequences() -> None:
    first: list[Sequence] = []
    again: list[Sequence] = []
    run(first.append, SEED, 5)
    run(again.append, SEED, 5)

    assert len(first) == 5
    assert first == again


def test_a_failure_is_made_smaller_within_its_budget() -> None:
    told: list[Sequence] = []

    def tell(sequence: Sequence) -> None:
        told.append(sequence)
        if any("ingress" in step.spec for step in sequence):
            raise Broken("an Ingress")

    with pytest.raises(Failure) as caught:
        run(tell, SEED, 20)
    largest = next(each for each in told if any("ingress" in step.spec for step in each))
    assert any("ingress" in step.spec for step in caught.value.sequence)
    assert len(str(caught.value.sequence)) < len(str(largest))
    assert len(told) <= 20 + 25


def test_a_campaign_that_compared_nothing_says_so() -> None:
    whole = Counts(
        admitted=8,
        refused_by_rule=2,
        broken=Counter(type=1),
        equal=9,
        ready=1,
        not_ready=Counter(PodsNotReady=1),
        there_and_back=1,
    )
    assert whole.lacking() == []
    assert len(Counts(refused_by_rule=1).lacking()) == 6
