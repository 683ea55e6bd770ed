"""Short-lived programs: run, and on failure say which one, with what it said."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.errors import ClusterError
from tests.cluster.progress import Report


def run(*argv: str | Path, stdin: str | None = None, env: Mapping[str, str] | None = None) -> str:
    """Run a program to its end; what it printed."""
    words = [str(word) for word in argv]
    try:
        done = subprocess.run(words, input=stdin, env=env, capture_output=True, text=True, check=False)
    except FileNotFoundError as error:
        raise ClusterError(f"{words[0]} is not installed") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["nothing said"]
        raise ClusterError(f"`{' '.join(words[:4])} ...` failed ({done.returncode}): {said[-1]}")
    return done.stdout


def succeeds(*argv: str | Path) -> bool:
    try:
        done = subprocess.run([str(word) for word in argv], capture_output=True, check=False)
    except FileNotFoundError:
        return False
    return done.returncode == 0


def run_logged(
    *argv: str | Path,
    log: Path,
    report: Report,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> None:
    """Run a long program into a log, reporting each line it prints."""
    words = [str(word) for word in argv]
    log.parent.mkdir(parents=True, exist_ok=True)
    with (
        log.open("w") as out,
        subprocess.Popen(
            words,
            env=env,
            cwd=cwd,
            text=True,
            errors="replace",
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process,
    ):
        assert process.stdout is not None, "asked for above"
        for line in process.stdout:
            out.write(line)
            report(line.rstrip())
    if process.returncode != 0:
        raise ClusterError(f"`{' '.join(words[:3])} ...` failed ({process.returncode})", log=log)
