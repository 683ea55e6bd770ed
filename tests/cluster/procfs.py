"""What Linux tells about processes (proc(5))."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

PROC = Path("/proc")
BOOT_ID = PROC / "sys/kernel/random/boot_id"


def birth(pid: int) -> str | None:
    """Tell apart two processes of one id: boot and start time (proc_pid_stat(5), field 22).

    None when there is no such process, or only its unreaped remains.
    """
    try:
        stat = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, *rest = stat.rpartition(")")[2].split()
    return None if state in "ZX" else f"{BOOT_ID.read_text().strip()}/{rest[18]}"


def children(pid: int) -> list[int]:
    """Process ids of the children that a process's first thread has started (proc_pid_task(5))."""
    try:
        return [int(child) for child in (PROC / f"{pid}/task/{pid}/children").read_text().split()]
    except (FileNotFoundError, ProcessLookupError):
        return []


def command_lines() -> Iterator[tuple[int, tuple[str, ...]]]:
    """Every process with the words it was started with; the kernel's own have none."""
    for directory in PROC.glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it ended meanwhile
            words = (directory / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
            yield int(directory.name), tuple(word.decode(errors="replace") for word in words)


def sees_mount(place: str) -> bool:
    """Whether any process has something mounted at that path."""
    for table in PROC.glob("[0-9]*/mountinfo"):
        with contextlib.suppress(OSError):  # the process ended meanwhile
            if f" {place} " in table.read_text():
                return True
    return False
