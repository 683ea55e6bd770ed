"""The operator's settings, from its environment."""

import os

import pytest

from dataservice_operator.main import main
from dataservice_operator.settings import Settings

PREFIX = "DATASERVICE_OPERATOR_"


@pytest.fixture(autouse=True)
def _bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.upper().startswith(PREFIX)]:
        monkeypatch.delenv(name)


def settings(monkeypatch: pytest.MonkeyPatch, **variables: str) -> Settings:
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    return Settings()


def complaint(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], **variables: str) -> str:
    """What the program says before it exits, having done nothing."""
    for name, value in variables.items():
        monkeypatch.setenv(PREFIX + name, value)
    with pytest.raises(SystemExit) as exited:
        main()
    assert exited.value.code == 2
    return capsys.readouterr().err


def test_nothing_needs_to_be_set() -> None:
    assert Settings().watch_namespaces == ()
    assert Settings().leader_election


@pytest.mark.parametrize(
    ("given", "namespaces"),
    [
        ("", ()),
        ("shop", ("shop",)),
        ("shop,lab", ("shop", "lab")),
        (" shop , lab ,", ("shop", "lab")),
    ],
)
def test_namespaces_are_separated_by_commas(
    monkeypatch: pytest.MonkeyPatch, given: str, namespaces: tuple[str, ...]
) -> None:
    assert settings(monkeypatch, WATCH_NAMESPACES=given).watch_namespaces == namespaces


def test_every_kind_of_value_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read = settings(
        monkeypatch, WORKERS="4", RESYNC_SECONDS="1.5", LEADER_ELECTION="false", LOG_FORMAT="text"
    )
    assert (read.workers, read.resync_seconds, read.leader_election, read.log_format) == (
        4,
        1.5,
        False,
        "text",
    )


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("WORKERS", "0", "greater than or equal to 1"),
        ("WORKERS", "many", "valid integer"),
        ("RESYNC_SECONDS", "0", "greater than 0"),
        ("LOG_FORMAT", "xml", "'json' or 'text'"),
        ("PROBE_PORT", "70000", "less than or equal to 65535"),
        ("LEASE_RENEW_DEADLINE_SECONDS", "10", "write less than lease_duration_seconds (10)"),
        ("LEASE_RETRY_SECONDS", "7", "write less than lease_renew_deadline_seconds (7)"),
    ],
)
def test_a_bad_value_ends_the_program_with_one_line_that_names_the_variable(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    variable: str,
    value: str,
    says: str,
) -> None:
    (line,) = complaint(monkeypatch, capsys, **{variable: value}).splitlines()
    assert line.startswith(f"{PREFIX}{variable}: ")
    assert says in line


def test_a_lease_shorter_than_the_default_renew_deadline_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Otherwise a second leader begins while the first still writes."""
    said = complaint(monkeypatch, capsys, LEASE_DURATION_SECONDS="5")
    assert "LEASE_RENEW_DEADLINE_SECONDS: write less than lease_duration_seconds (5)" in said


def test_of_two_bad_values_each_has_its_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    said = complaint(monkeypatch, capsys, LEASE_DURATION_SECONDS="soon", WORKERS="0")
    assert [line.split(":")[0] for line in said.splitlines()] == [
        f"{PREFIX}WORKERS",
        f"{PREFIX}LEASE_DURATION_SECONDS",
    ]
