"""A sample of the campaign: few sequences, always the same."""

from collections.abc import Iterator

import pytest

from tests.cluster.state import Cluster
from tests.faults.operator import story
from tests.faults.specs.campaign import run
from tests.faults.specs.oracles import Broken
from tests.faults.specs.strategies import Step, Verb
from tests.faults.specs.world import World, world
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl

pytestmark = pytest.mark.apiserver

SEED = 1
SEQUENCES = 5
SPEC = smallest()["spec"]


@pytest.fixture(scope="module")
def place(api_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    kubectl = Kubectl(api_server.kubectl, api_server.kubeconfig)
    story.prepare(kubectl)
    with world(kubectl, tmp_path_factory.mktemp("specs")) as made:
        yield made


def test_specs_come_true_in_whatever_order_they_follow_each_other(place: World) -> None:
    run(place.tell, SEED, SEQUENCES)

    counts = place.counts
    assert counts.sequences == SEQUENCES
    assert counts.equal > 0
    assert counts.there_and_back > 0
    assert counts.broken


def test_what_is_told_to_be_broken_and_is_not_is_found(place: World) -> None:
    whole = (Step(Verb.BEGIN, SPEC), Step(Verb.BREAK, {**SPEC, "replicas": 2}, ("replicas",), "maximum"))

    with pytest.raises(Broken, match="maximum is broken, and was admitted"):
        place.tell(whole)


def test_what_no_rule_refuses_is_found(place: World) -> None:
    with pytest.raises(Broken, match="refused by no rule"):
        place.tell((Step(Verb.BEGIN, {**SPEC, "replicas": 1001}),))
