"""Against real processes: a copy of `sleep` stands for a program of the cluster."""

import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import processes, procfs
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance, Mode
from tests.cluster.processes import Program
from tests.support.eventually import eventually


@pytest.fixture
def instance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Instance]:
    monkeypatch.setenv("DATASERVICE_CACHE", str(tmp_path))
    (tmp_path / "bin").mkdir()
    found = shutil.which("bash")
    assert found is not None
    shutil.copy(found, tmp_path / "bin" / "sleeper")
    chosen = Instance("test", Mode.CONTROL_PLANE)
    yield chosen
    processes.stop_all(chosen)


def program(instance: Instance, *, config: str = "") -> Program:
    """A program that waits, and was told of a file in the cluster's state as all of them are."""
    told = instance.state / "told"
    binary = instance.state.parents[1] / "bin" / "sleeper"
    return Program("sleeper", (str(binary), "-c", "sleep infinity; :", str(told)), config=((told, config),))


def test_a_program_runs_on_and_is_found_again(instance: Instance) -> None:
    started = processes.ensure(instance, program(instance))
    found = processes.recorded(instance, "sleeper")
    assert found == started
    assert found.alive


def test_a_live_program_is_left_alone(instance: Instance) -> None:
    first = processes.ensure(instance, program(instance))
    assert processes.ensure(instance, program(instance)).pid == first.pid


def test_a_changed_file_restarts_its_program(instance: Instance) -> None:
    first = processes.ensure(instance, program(instance))
    second = processes.ensure(instance, program(instance, config="changed"))
    assert second.pid != first.pid
    assert not first.alive


def test_a_killed_program_is_started_again(instance: Instance) -> None:
    first = processes.ensure(instance, program(instance))
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: not first.alive)
    assert processes.ensure(instance, program(instance)).alive


def test_a_process_id_that_another_process_was_given_is_not_ours(instance: Instance) -> None:
    started = processes.ensure(instance, program(instance))
    record = instance.state / "processes" / "sleeper.json"
    record.write_text(json.dumps({**json.loads(record.read_text()), "pid": os.getpid()}))
    stale = processes.recorded(instance, "sleeper")
    assert stale is not None
    assert not stale.alive
    processes.stop(instance, "sleeper")
    assert procfs.birth(started.pid) == started.born, "only the recorded process may be ended"


def test_a_program_whose_record_was_lost_is_found_and_ended(instance: Instance) -> None:
    started = processes.ensure(instance, program(instance))
    (instance.state / "processes" / "sleeper.json").unlink()
    processes.stop_all(instance)
    assert not started.alive


def test_two_starts_leave_one_program(instance: Instance) -> None:
    first = processes.ensure(instance, program(instance))
    (instance.state / "processes" / "sleeper.json").unlink()
    second = processes.ensure(instance, program(instance))
    assert second.alive
    assert not first.alive


def test_another_cluster_s_programs_are_not_ours(instance: Instance) -> None:
    other = Instance("test2", Mode.CONTROL_PLANE)
    started = processes.ensure(other, program(other))
    processes.stop_all(instance)
    assert started.alive
    processes.stop_all(other)


def test_a_program_that_cannot_run_is_said(instance: Instance) -> None:
    with pytest.raises(ClusterError, match="missing is not installed"):
        processes.ensure(instance, Program("missing", ("/nonexistent/missing",)))
