"""The command line: help, misuse and what ends without a cluster."""

from pathlib import Path

import pytest

from kubectl_dataservice import app
from kubectl_dataservice.errors import Exit


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No kubeconfig, and no pod around."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (["suspnd", "orders"], Exit.USAGE, "No such command 'suspnd'. Did you mean 'suspend'?"),
        (["suspend"], Exit.USAGE, "Missing argument 'NAME': see kubectl dataservice suspend --help"),
        (["suspend", "orders", "--bold"], Exit.USAGE, "No such option: --bold"),
        (["status", "orders", "-o", "xml"], Exit.USAGE, "'xml'"),
        (["status", "orders", "--no\nsuch"], Exit.USAGE, "No such option"),
        (["suspend", "Orders/.."], Exit.USAGE, "'Orders/..' is not a name"),
        (["suspend", "orders", "-n", ".."], Exit.USAGE, "'..' is not a name"),
        (["suspend", "orders"], Exit.UNREACHABLE, "there is no kubeconfig at "),
    ],
)
def test_what_goes_wrong_is_one_line_and_an_exit_code(
    words: list[str], code: Exit, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(words) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert told in captured.err
    assert captured.err.count("\n") == 1


def test_help_shows_an_example_for_each_verb(capsys: pytest.CaptureFixture[str]) -> None:
    app.run(["--help"])
    verbs = [line.split()[0] for line in capsys.readouterr().out.split("Commands:\n")[1].splitlines()]
    assert verbs
    for verb in verbs:
        app.run([verb, "--help"])
        assert f"kubectl dataservice {verb} " in capsys.readouterr().out.partition("Example")[2], verb


def test_without_a_verb_it_is_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run([]) == Exit.USAGE
    assert capsys.readouterr().err.startswith("Usage: kubectl dataservice")
