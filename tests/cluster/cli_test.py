"""What a user sees of the tool when something is not as it should be."""

from pathlib import Path

import pytest

from tests.cluster.conftest import Tool


@pytest.fixture(autouse=True)
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATASERVICE_CACHE", str(tmp_path))


@pytest.fixture
def tool() -> Tool:
    return Tool("cli")


def test_help_lists_the_commands(tool: Tool) -> None:
    shown = tool("--help")
    assert all(name in shown for name in ("up", "down", "status", "load", "images", "demo", "kubectl"))


def test_status_says_that_nothing_is_up(tool: Tool) -> None:
    assert tool("status") == "full: not up\ncontrol-plane: not up\n"


def test_down_is_no_error_when_nothing_is_up(tool: Tool) -> None:
    assert tool.attempt("down", "--all").returncode == 0


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("kubectl", "get", "nodes"), "error: the full cluster is not up: `python -m tests.cluster up`"),
        (
            ("load", "localhost/no/such:image"),
            "error: there is no image localhost/no/such:image on this machine",
        ),
    ],
)
def test_an_error_is_one_line_that_says_what_to_do(tool: Tool, command: tuple[str, ...], said: str) -> None:
    done = tool.attempt(*command)
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 1


def test_without_go_it_is_said_what_to_install(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
    done = tool.attempt("up", "--control-plane")
    assert done.returncode == 1
    assert "install Go 1.26 or later" in done.stderr
