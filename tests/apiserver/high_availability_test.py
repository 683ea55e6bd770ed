"""Two operators on a real API server, with the lease times they are shipped with: one writes, whatever befalls it."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio.config import kube_config

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.connect import connect
from dataservice_operator.cluster.kinds import CONFIG_MAP
from dataservice_operator.errors import LeadershipLost
from tests.apiserver.scene import Scene
from tests.cluster.state import Cluster
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl
from tests.support.operator_process import OperatorProcess
from tests.support.stalling_proxy import StallingProxy

pytestmark = pytest.mark.apiserver

FAILOVER_SECONDS = 15
"""Promised when the leader is killed."""

HANDOVER_SECONDS = 3
"""Promised when the leader is told to end, as a rolling update does."""

FREEZING_OPERATOR = Path(__file__).parents[1] / "support" / "freezing_operator.py"


class Pair:
    """A leader, and the operator that is to follow it."""

    def __init__(self, scene: Scene, leader: OperatorProcess, other: OperatorProcess) -> None:
        self.scene = scene
        self.leader = leader
        self.other = other

    def acquired(self) -> datetime:
        """When the lease last began to be held by who holds it."""
        return _time(self.scene.get("lease", "dataservice-operator")["spec"]["acquireTime"])

    def scaled(self, replicas: int) -> bool:
        """Whether that number was asked for, made true and told."""
        live = self.scene.get("deployment", "orders")
        return live["spec"]["replicas"] == replicas and self.scene.at_rest()

    def scale(self, replicas: int) -> None:
        self.scene("scale", "dataservice", "orders", f"--replicas={replicas}")

    def everything(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """The children, and the DataService: what no write leaves as it is."""
        return self.scene.children(), self.scene.get("dataservice", "orders")

    def ends_as_one_that_was_followed(self) -> bool:
        return self.leader.wait() == 1 and "leadership was lost" in self.leader.log.read_text()


Starts = Callable[..., Pair]


@pytest.fixture
def pair_of(kubectl: Kubectl, namespace: str, start: Callable[..., OperatorProcess]) -> Starts:
    """Starts two operators, and has the first of them make a DataService true. Arguments are those of the first."""

    def pair_of(**of_the_first: Any) -> Pair:
        election = {"leader_election": True, "lease_namespace": namespace}
        first = start(**election, **of_the_first)
        eventually(first.leads)
        second = start(**election)
        pair = Pair(Scene(kubectl, namespace, second), first, second)
        pair.scene.apply()
        eventually(lambda: pair.scene.settled() and pair.scene.condition())
        assert not second.metric("dataservice_operator_writes_total")
        return pair

    return pair_of


def test_a_killed_leader_is_followed_in_time(pair_of: Starts) -> None:
    pair = pair_of()
    killed = datetime.now(UTC)
    pair.leader.kill()
    pair.scale(2)
    eventually(lambda: pair.scaled(2))
    waited = (pair.acquired() - killed).total_seconds()
    print(f"killed, and followed after {waited:.1f} s")
    assert 0 < waited < FAILOVER_SECONDS
    assert pair.other.leads()


def test_a_leader_that_is_told_to_end_is_followed_at_once(pair_of: Starts) -> None:
    pair = pair_of()
    told = datetime.now(UTC)
    assert pair.leader.stop() == 0
    pair.scale(2)
    eventually(lambda: pair.scaled(2))
    waited = (pair.acquired() - told).total_seconds()
    print(f"told to end, and followed after {waited:.1f} s")
    assert 0 < waited < HANDOVER_SECONDS


def test_a_leader_that_stood_still_past_its_lease_changes_nothing_when_it_goes_on(pair_of: Starts) -> None:
    pair = pair_of()
    many = [smallest(metadata={"name": f"svc-{number}"}) for number in range(12)]
    pair.scene("apply", "--filename=-", manifest={"apiVersion": "v1", "kind": "List", "items": many})
    eventually(lambda: len(pair.scene.children()) > 10, every=0.01)
    pair.leader.freeze()
    pair.scale(2)
    eventually(pair.other.leads)
    eventually(lambda: pair.scaled(2))
    eventually(lambda: all(pair.scene.at_rest(each["metadata"]["name"]) for each in many))
    eventually(lambda: pair.other.metric("dataservice_operator_queue_depth") == 0)
    before = pair.everything()
    pair.leader.thaw()
    assert pair.ends_as_one_that_was_followed()
    assert pair.everything() == before


def test_a_write_let_through_before_its_leader_stood_still_is_not_sent_afterwards(
    pair_of: Starts, tmp_path: Path
) -> None:
    """Nobody else has written to the Deployment: only that it is not sent can keep it as it is."""
    freeze = tmp_path / "freeze"
    pair = pair_of(program=(str(FREEZING_OPERATOR), str(freeze)))
    freeze.touch()
    pair.scale(2)
    eventually(pair.leader.frozen)
    pair.scale(1)
    eventually(lambda: pair.other.leads() and pair.scaled(1))
    before = pair.everything()
    pair.leader.thaw()
    assert pair.ends_as_one_that_was_followed()
    assert pair.everything() == before


async def test_a_write_waits_for_its_connection_and_is_not_sent_if_the_lease_is_lost_meanwhile(
    api_server: Cluster, kubectl: Kubectl, namespace: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0

    def lost_at_the_second_look() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise LeadershipLost("by now another leads")

    # The environment is read once, when the library is loaded.
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(api_server.kubeconfig))
    client = Client(await connect(), gate=lost_at_the_second_look)
    try:
        with pytest.raises(LeadershipLost):
            await client.write("POST", CONFIG_MAP.path(namespace), {"metadata": {"name": "late"}})
    finally:
        await client.close()
    assert not kubectl(f"--namespace={namespace}", "get", "configmap", "late", "--ignore-not-found")


def test_a_write_that_the_network_held_back_past_the_lease_is_refused(
    pair_of: Starts, proxy: StallingProxy, through_proxy: Path
) -> None:
    pair = pair_of(kubeconfig=through_proxy)
    proxy.hold()
    pair.scale(2)
    eventually(lambda: "is changed to what is wanted" in pair.leader.log.read_text())
    pair.scale(3)
    assert pair.ends_as_one_that_was_followed()
    eventually(lambda: pair.other.leads() and pair.scaled(3))
    before = pair.everything()
    proxy.release()
    eventually(lambda: proxy.late_answers >= proxy.holds() > 0)
    assert pair.everything() == before


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
