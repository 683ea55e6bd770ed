"""Programs that a step runs, shown as their user would type them."""

import shlex
import subprocess
from collections.abc import Sequence
from typing import Final

from delivery.pipeline.errors import PipelineError

SHOWN: Final = 12
"""Lines of a program's last words in an error."""


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201 - a pipeline's log is its terminal


def run(*words: str, stdin: str | None = None, quiet: bool = False) -> str:
    """Run a program to its end; what it printed. `quiet` shows neither the command nor its output.

    Raises:
        PipelineError: it is not there, or it failed; with its last words.
    """
    if not quiet:
        say(f"$ {shlex.join(words)}")
    done = finished(words, stdin)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines()[-SHOWN:]
        raise PipelineError("\n".join([f"`{shlex.join(words[:3])} ...` failed:", *said]))
    if not quiet and done.stdout:
        say(done.stdout.rstrip())
    return done.stdout


def finished(words: Sequence[str], stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """The end of a program, whatever it is.

    Raises:
        PipelineError: it is not there.
    """
    try:
        return subprocess.run(words, input=stdin, capture_output=True, text=True, check=False)  # noqa: S603
    except FileNotFoundError as error:
        raise PipelineError(f"{words[0]} is not installed here, or not on PATH") from error
