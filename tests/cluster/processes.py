"""Long-running programs: started detached, found again by a later command, stopped without doubt."""

import contextlib
import json
import os
import signal
import subprocess
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.cluster import files
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance, cache_dir, digest
from tests.cluster.procfs import birth, children, command_lines

SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where Debian keeps iptables and runc; not every user's PATH has it."""

SANDBOX = "unshare"
"""The program that all of a node runs below."""

STOP_SECONDS = 5.0
"""How long an orderly end may take. An API server waits much longer for clients that watch."""

ASK_THEN_FORCE = (signal.SIGTERM, signal.SIGKILL)


@dataclass(frozen=True)
class Program:
    """What is to run. `config` are files it reads: a change of one restarts it."""

    name: str
    argv: tuple[str, ...]
    config: tuple[tuple[Path, str], ...] = ()
    enter: tuple[str, ...] = ()
    """The command that runs it in other namespaces, of which it is then the child."""

    @property
    def fingerprint(self) -> str:
        files = [(str(path), text) for path, text in self.config]
        return digest(json.dumps([self.enter, self.argv, files]))


@dataclass(frozen=True)
class Running:
    """A started program. A process id alone is no proof: Linux gives it to others after a while."""

    name: str
    pid: int
    born: str
    fingerprint: str
    argv: tuple[str, ...]
    enter: tuple[str, ...] = ()

    @property
    def alive(self) -> bool:
        return birth(self.pid) == self.born


def ensure(instance: Instance, program: Program) -> Running:
    """Have it running as described: a live one with the same arguments and files is left alone."""
    current = recorded(instance, program.name)
    if current is not None and current.alive:
        if current.fingerprint == program.fingerprint:
            return current
        stop(instance, program.name)
    for path, text in program.config:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return _launch(instance, program.name, program.enter, program.argv, program.fingerprint)


def restart(instance: Instance, name: str) -> Running:
    """Start a recorded program again, as it was."""
    known = recorded(instance, name)
    if known is None:
        raise ClusterError(f"{name} was never started")
    stop(instance, name)
    return _launch(instance, name, known.enter, known.argv, known.fingerprint)


def _launch(
    instance: Instance, name: str, enter: tuple[str, ...], argv: tuple[str, ...], fingerprint: str
) -> Running:
    _end(instance, [pid for pid, words in found(instance) if words == argv])
    log = log_file(instance, name)
    process = _spawn((*enter, *argv), log)
    pid = _only_child(process) if enter else process.pid
    born = None if pid is None else birth(pid)
    if pid is None or born is None:
        raise ClusterError(f"{name} ended as soon as it was started", log=log)
    process.returncode = 0  # it outlives this command: the interpreter is not to warn that nobody waits
    running = Running(name, pid, born, fingerprint, argv, enter)
    files.write(_record_file(instance, name), json.dumps(asdict(running), indent=1))
    return running


def _spawn(argv: tuple[str, ...], log: Path) -> subprocess.Popen[bytes]:
    """Start a program that outlives this command and its terminal."""
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"}
    nothing = subprocess.DEVNULL
    with log.open("ab") as out:
        try:
            return subprocess.Popen(
                argv, stdin=nothing, stdout=out, stderr=out, cwd="/", env=environment, start_new_session=True
            )
        except FileNotFoundError as error:
            raise ClusterError(f"{argv[0]} is not installed") from error


def found(instance: Instance) -> list[tuple[int, tuple[str, ...]]]:
    """Find this cluster's programs, known or not, by what they were told: their files lie in its state."""
    return [(pid, words) for pid, words in command_lines() if _concerns(instance, words)]


def _concerns(instance: Instance, words: tuple[str, ...]) -> bool:
    program = Path(words[0])
    built = program.parent == cache_dir() / "bin" and not program.name.startswith("kubectl")
    return (built or program.name == SANDBOX) and any(f"{instance.state}/" in word for word in words[1:])


def _only_child(parent: subprocess.Popen[bytes]) -> int | None:
    while not (found := children(parent.pid)):
        if parent.poll() is not None:
            return None
        time.sleep(0.01)
    return found[0]


def stop(instance: Instance, *names: str) -> None:
    """End programs together, by force where asking does not help, and wait until they are gone."""
    known = [r for name in names if (r := recorded(instance, name)) is not None]
    _end(instance, [r.pid for r in known if r.alive])


def stop_all(instance: Instance) -> None:
    """End every program of the cluster, also one whose record was lost. A sandbox takes all inside along.

    By force: what they could save in an orderly end is to be removed.
    """
    _end(instance, [pid for pid, words in found(instance) if words[0] == SANDBOX], (signal.SIGKILL,))
    _end(instance, [pid for pid, _ in found(instance)], (signal.SIGKILL,))


def _end(instance: Instance, pids: list[int], signals: tuple[signal.Signals, ...] = ASK_THEN_FORCE) -> None:
    processes = {pid: born for pid in pids if (born := birth(pid)) is not None}
    for sig in signals:
        for pid in processes:
            with contextlib.suppress(ProcessLookupError):  # it ended in between, as it was asked to
                os.kill(pid, sig)
        deadline = time.monotonic() + STOP_SECONDS
        while processes and time.monotonic() < deadline:
            time.sleep(0.02)
            processes = {pid: born for pid, born in processes.items() if birth(pid) == born}
    if processes:
        raise ClusterError(f"processes {sorted(processes)} of {instance.name} cannot be stopped")


def recorded(instance: Instance, name: str) -> Running | None:
    try:
        fields = json.loads(_record_file(instance, name).read_text())
    except FileNotFoundError:
        return None
    known = Running(**fields)
    return replace(known, argv=tuple(known.argv), enter=tuple(known.enter))


def all_recorded(instance: Instance) -> list[Running]:
    names = sorted(file.stem for file in _records(instance).glob("*.json"))
    return [r for name in names if (r := recorded(instance, name)) is not None]


def forget_dead(instance: Instance) -> None:
    """Drop the records of programs that have ended, so that they are not taken for failures of a new start."""
    for running in all_recorded(instance):
        if not running.alive:
            _record_file(instance, running.name).unlink()


def log_file(instance: Instance, name: str) -> Path:
    return instance.logs / f"{name}.log"


def _records(instance: Instance) -> Path:
    return instance.state / "processes"


def _record_file(instance: Instance, name: str) -> Path:
    return _records(instance) / f"{name}.json"
