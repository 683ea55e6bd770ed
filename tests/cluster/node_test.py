"""A node of the test's own, ended the hard way."""

import os
import signal
from pathlib import Path

import pytest

from tests.cluster import engine, golang, packages, procfs, sandbox
from tests.cluster.addresses import claim
from tests.cluster.commands import run
from tests.cluster.conftest import Tool
from tests.cluster.containerd import PAUSE_IMAGE
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance, Mode
from tests.support.eventually import eventually
from tests.support.required import unavailable

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.skipif(
        engine.docker_runs(), reason="the node is a container of kind's, which cleans up after it"
    ),
]


@pytest.fixture(autouse=True)
def built() -> None:
    if os.geteuid() != 0 or packages.missing() or not golang.built(golang.NODE):
        unavailable("needs root and the node's programs: make cluster")


def processes_of(chosen: Instance) -> list[str]:
    lines = [" ".join(words) for _, words in procfs.command_lines()]
    return [line for line in lines if f"{chosen.state}/" in line]


def remains(chosen: Instance) -> list[str]:
    """What of a cluster the machine still has: files, processes, mounts, interfaces, control groups."""
    places = [chosen.state, Path("/sys/class/net") / chosen.host_link, *sandbox.control_groups(chosen)]
    mounts = ["a mount"] if procfs.sees_mount(str(chosen.state)) else []
    return [*(str(place) for place in places if place.exists()), *processes_of(chosen), *mounts]


def run_pod(tool: Tool) -> None:
    tool("kubectl", "run", "pod", f"--image={PAUSE_IMAGE}", "--restart=Never")
    tool("kubectl", "wait", "--for=condition=Ready", "pod/pod", "--timeout=60s")


def test_up_brings_a_killed_node_back_with_its_pods(tool: Tool) -> None:
    tool("up")
    tool("kubectl", "create", "deployment", "lasting", f"--image={PAUSE_IMAGE}")
    tool("kubectl", "rollout", "status", "deployment/lasting", "--timeout=60s")
    os.kill(tool.pids("full")["node"], signal.SIGKILL)
    tool("up")
    restarted = "jsonpath={.status.containerStatuses[0].restartCount}=1"
    tool("kubectl", "wait", f"--for={restarted}", "pod", "--selector=app=lasting", "--timeout=60s")
    tool("kubectl", "wait", "--for=condition=Ready", "pod", "--selector=app=lasting", "--timeout=60s")


def test_down_leaves_nothing_of_a_node_with_a_pod(tool: Tool) -> None:
    tool("up")
    run_pod(tool)
    tool("down")
    assert remains(Instance(tool.identity, Mode.FULL)) == []


def test_a_hard_stop_ends_all_that_ran_in_the_node_and_down_leaves_nothing(tool: Tool) -> None:
    tool("up")
    run_pod(tool)
    chosen = Instance(tool.identity, Mode.FULL)
    os.kill(tool.pids("full")["node"], signal.SIGKILL)
    eventually(lambda: not processes_of(chosen))
    eventually(lambda: not Path("/sys/class/net", chosen.host_link).exists())
    tool("down")
    assert remains(chosen) == []


def test_an_interface_that_leads_nowhere_is_not_taken_for_the_nodes_own(tool: Tool) -> None:
    """As that of a killed node does until the kernel takes it."""
    chosen = Instance(tool.identity, Mode.FULL)
    run("ip", "link", "add", chosen.host_link, "type", "veth", "peer", "name", chosen.node_link)
    try:
        node = sandbox.open_(chosen, claim(chosen))
        assert chosen.node_link in node.run("ip", "route", "show", "default")
    finally:
        sandbox.close(chosen)
    assert not Path("/sys/class/net", chosen.host_link).exists()


def test_a_network_interface_that_is_gone_already_is_no_error() -> None:
    """As that of a node is when the kernel, which takes it a little after the namespace, comes first."""
    sandbox.remove_link("ds-gone")


def test_a_network_interface_that_stays_is_one() -> None:
    with pytest.raises(ClusterError, match="ip link delete lo"):
        sandbox.remove_link("lo")
