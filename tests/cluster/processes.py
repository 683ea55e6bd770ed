"""Long-running programs: started detached, found again by a later command, stopped without doubt."""

import contextlib
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from tests.cluster import files
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance, cache_dir, digest

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
SYSTEM_PATH = "/usr/local/sbin:/usr/sbin:/sbin"
"""Where Debian keeps iptables and runc; not every user's PATH has it."""

SANDBOX = "unshare"
"""The program that all of a node runs below."""

STOP_SECONDS = 30.0
"""An API server takes seconds to stop, and the next one finds the port in use until it has."""


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


def birth(pid: int) -> str | None:
    """Tell apart two processes of one id: boot and start time (proc_pid_stat(5), field 22).

    None when there is no such process, or only its unreaped remains.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else f"{BOOT_ID.read_text().strip()}/{rest[18]}"


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
    log.parent.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "PATH": f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}"}
    with log.open("ab") as out:
        process = subprocess.Popen(
            [*enter, *argv],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd="/",
            env=environment,
            start_new_session=True,
        )
    pid = _only_child(process) if enter else process.pid
    born = None if pid is None else birth(pid)
    if pid is None or born is None:
        raise ClusterError(f"{name} ended as soon as it was started", log=log)
    process.returncode = 0  # it outlives this command: the interpreter is not to warn that nobody waits
    running = Running(name, pid, born, fingerprint, argv, enter)
    files.write(_record_file(instance, name), json.dumps(asdict(running), indent=1))
    return running


def found(instance: Instance) -> list[tuple[int, tuple[str, ...]]]:
    """Find this cluster's programs, known or not, by what they were told: their files lie in its state."""
    return [(pid, words) for pid, words in _all_programs() if _concerns(instance, words)]


def _all_programs() -> Iterator[tuple[int, tuple[str, ...]]]:
    for directory in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            words = (directory / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            yield int(directory.name), tuple(word.decode(errors="replace") for word in words)


def _concerns(instance: Instance, words: tuple[str, ...]) -> bool:
    program = Path(words[0])
    built = program.parent == cache_dir() / "bin" and not program.name.startswith("kubectl")
    return (built or program.name == SANDBOX) and any(f"{instance.state}/" in word for word in words[1:])


def children(pid: int) -> list[int]:
    """Process ids of the children that a process's first thread has started (proc_pid_task(5))."""
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


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


def log_file(instance: Instance, name: str) -> Path:
    return instance.logs / f"{name}.log"


def _records(instance: Instance) -> Path:
    return instance.state / "processes"


def _record_file(instance: Instance, name: str) -> Path:
    return _records(instance) / f"{name}.json"
