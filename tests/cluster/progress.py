"""What a long command shows meanwhile: which part of how many, what it is at, how long it has taken."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from rich.console import Console
from rich.progress import Progress as Bar
from rich.progress import SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column

Report = Callable[[str], None]
"""Says where a running task is, such as `312 of 1890 packages`."""

QUIET_SECONDS = 20.0
"""How often a task may speak where each report stays on the page, as in a pipeline's log."""


@dataclass(frozen=True)
class Task:
    title: str
    run: Callable[[Report], None]


def perform(tasks: Iterable[Task], console: Console) -> None:
    """Run the tasks in order, showing each."""
    planned = list(tasks)
    for number, task in enumerate(planned, start=1):
        label = f"[{number}/{len(planned)}] {task.title}"
        started = time.monotonic()
        if console.is_terminal:
            _show_moving(task, label, console)
        else:
            _show_lines(task, label, console)
        console.print(f"{label}: done in {elapsed(started)}", markup=False, highlight=False)


def elapsed(started: float) -> str:
    seconds = time.monotonic() - started
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)} min {int(seconds % 60)} s"


def _show_moving(task: Task, label: str, console: Console) -> None:
    text = TextColumn("{task.description}", markup=False, table_column=Column(no_wrap=True))
    columns = (SpinnerColumn(), TimeElapsedColumn(), text)
    with Bar(*columns, console=console, transient=True) as bar:
        row = bar.add_task(label, total=None)
        task.run(lambda text: bar.update(row, description=f"{label}: {text}"))


def _show_lines(task: Task, label: str, console: Console) -> None:
    started = spoken = time.monotonic()
    console.print(f"{label} ...", markup=False, highlight=False)

    def report(text: str) -> None:
        nonlocal spoken
        if time.monotonic() - spoken > QUIET_SECONDS:
            spoken = time.monotonic()
            console.print(f"  {text}, {elapsed(started)}", markup=False, highlight=False)

    task.run(report)
