"""`up --control-plane`, `status` and `down`, on a real API server of the test's own."""

import os
import signal

import pytest

from tests.cluster import golang, procfs
from tests.cluster.conftest import Tool
from tests.cluster.identity import Instance, Mode
from tests.support.eventually import eventually
from tests.support.required import unavailable

pytestmark = pytest.mark.apiserver


@pytest.fixture(autouse=True)
def built() -> None:
    if not golang.built(golang.CONTROL_PLANE):
        unavailable("needs the control plane's programs: make cluster")


def kubectl(tool: Tool, *words: str) -> str:
    return tool("kubectl", "--control-plane", *words)


def remains(chosen: Instance) -> list[str]:
    """What of a cluster is still there: processes and files."""
    started = [
        " ".join(words) for _, words in procfs.command_lines() if f"{chosen.state}/" in " ".join(words)
    ]
    return started + ([str(chosen.state)] if chosen.state.exists() else [])


def test_a_second_up_leaves_what_runs_alone(tool: Tool) -> None:
    tool("up", "--control-plane")
    first = tool.pids("control-plane")
    tool("up", "--control-plane")
    assert tool.pids("control-plane") == first


def test_up_repairs_what_was_killed_and_keeps_the_data(tool: Tool) -> None:
    tool("up", "--control-plane")
    kubectl(tool, "create", "namespace", "kept")
    os.kill(tool.pids("control-plane")["etcd"], signal.SIGKILL)
    eventually(lambda: not tool.status("control-plane")["ready"])
    tool("up", "--control-plane")
    assert "namespace/kept" in kubectl(tool, "get", "namespaces", "-o", "name")


def test_the_user_s_own_kubeconfig_is_not_touched(
    tool: Tool, tmp_path_factory: pytest.TempPathFactory
) -> None:
    home = tmp_path_factory.mktemp("home")
    own = home / "config"
    own.write_text("{}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KUBECONFIG", str(own))
        tool("up", "--control-plane")
        kubectl(tool, "get", "namespaces")
    assert own.read_text() == "{}"
    assert list(home.iterdir()) == [own]


def test_up_gives_an_api_server_and_down_leaves_nothing(tool: Tool) -> None:
    assert "ready; export KUBECONFIG=" in tool("up", "--control-plane")
    assert tool.status("control-plane")["ready"]
    assert "namespace/default" in kubectl(tool, "get", "namespaces", "-o", "name")
    tool("down", "--control-plane")
    assert tool.status("control-plane")["programs"] == []
    assert remains(Instance(tool.identity, Mode.CONTROL_PLANE)) == []


def test_down_after_everything_was_killed_leaves_nothing(tool: Tool) -> None:
    tool("up", "--control-plane")
    for pid in tool.pids("control-plane").values():
        os.kill(pid, signal.SIGKILL)
    tool("down", "--control-plane")
    assert remains(Instance(tool.identity, Mode.CONTROL_PLANE)) == []
