"""A sample of the campaign: few sequences, always the same."""

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from dataservice_operator.main import _DEEPEST
from tests.cluster.state import Cluster
from tests.faults.api_server import prepare
from tests.faults.specs.campaign import run
from tests.faults.specs.oracles import Broken
from tests.faults.specs.strategies import Step, Verb
from tests.faults.specs.telling import Teller
from tests.faults.specs.world import World, world
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl

pytestmark = pytest.mark.apiserver

SEED = 7
SEQUENCES = 3
SPEC = smallest()["spec"]


@pytest.fixture(scope="module")
def place(api_server: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    kubectl = Kubectl(api_server.kubectl, api_server.kubeconfig)
    prepare(kubectl)
    with world(kubectl, tmp_path_factory.mktemp("specs")) as made:
        yield made


def test_specs_come_true_in_whatever_order_they_follow_each_other(place: World) -> None:
    teller = Teller(place)
    run(teller.tell, SEED, SEQUENCES)

    counts = teller.counts
    assert counts.sequences == SEQUENCES
    assert counts.equal > 0
    assert counts.there_and_back > 0
    assert counts.broken


@pytest.fixture
def deep() -> Iterator[None]:
    """This process may nest as deep as the operator's."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(_DEEPEST)
    yield
    sys.setrecursionlimit(before)


def nested(levels: int) -> dict[str, Any]:
    inner: dict[str, Any] = {}
    for _ in range(levels):
        inner = {"not": inner}
    return inner


@pytest.mark.usefixtures("deep")
@pytest.mark.parametrize(
    ("name", "part", "reason"),
    [
        ("schema", {"data": {"schema": nested(3000)}}, "InvalidSchema"),
        ("affinity", {"scheduling": {"affinity": nested(3000)}}, "Rejected"),
    ],
)
def test_what_nests_deep_keeps_nobody_else_from_being_served(
    place: World, name: str, part: dict[str, Any], reason: str
) -> None:
    place.apply(name, {**SPEC, **part}).raise_for_status()

    seen = place.wait("the operator has acted", lambda: place.look(name))
    assert [each["reason"] for each in seen.parent["status"]["conditions"] if each["type"] == "Ready"] == [
        reason
    ]
    place.still_serves()


def test_an_object_that_server_side_apply_empties_is_refused_and_changes_nothing(place: World) -> None:
    """https://github.com/kubernetes/kubernetes/issues/104694: once this fails, the exception for it can go."""
    first = {**SPEC, "monitoring": {}}
    filled = {**SPEC, "monitoring": {"serviceMonitor": False}}
    teller = Teller(place)
    teller.tell(
        (
            Step(Verb.BEGIN, first),
            Step(Verb.ADD, filled, ("monitoring", "serviceMonitor")),
            Step(Verb.AGAIN, first),
        )
    )
    assert (teller.counts.admitted, teller.counts.emptied) == (2, 1)


def test_what_is_told_to_be_broken_and_is_not_is_found(place: World) -> None:
    whole = (Step(Verb.BEGIN, SPEC), Step(Verb.BREAK, {**SPEC, "replicas": 2}, ("replicas",), "maximum"))

    with pytest.raises(Broken, match="maximum is broken, and was admitted"):
        Teller(place).tell(whole)


def test_what_no_rule_refuses_is_found(place: World) -> None:
    with pytest.raises(Broken, match="refused by no rule"):
        Teller(place).tell((Step(Verb.BEGIN, {**SPEC, "replicas": 1001}),))
