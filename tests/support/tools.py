"""Programs that the delivery is checked with, built by `make tools`."""

import subprocess
from pathlib import Path

from tests.cluster import golang
from tests.support.required import unavailable


def tool(name: str) -> Path:
    """The program; the test is skipped, or fails where it is required, when it is not built."""
    path = golang.binary(name)
    return path if path.exists() else unavailable(f"needs {name}: make tools")


def run(*words: str | Path, stdin: str | None = None) -> subprocess.CompletedProcess[str]:
    """The end of a program, whatever it is."""
    argv = [str(word) for word in words]
    return subprocess.run(argv, input=stdin, capture_output=True, text=True, check=False, timeout=120)


def output(*words: str | Path, stdin: str | None = None) -> str:
    """What a program prints that must succeed."""
    done = run(*words, stdin=stdin)
    assert done.returncode == 0, f"{words[0]} failed:\n{done.stdout}{done.stderr}"
    return done.stdout
