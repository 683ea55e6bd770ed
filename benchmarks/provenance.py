"""Where, when and of what a benchmark's figures are."""

import os
import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]


def provenance(source: str, packages: Sequence[str], servers: str, runs: str) -> str:
    """A paragraph for the page. `source` is the folder that is measured: a change of it since the commit is told."""
    versions = ", ".join(f"{name} {version(name)}" for name in packages)
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d} at commit {_commit(source)}: Python {platform.python_version()}, "
        f"{versions}; {servers}; {os.cpu_count()} cores for all, {platform.machine()}, {platform.system()}. "
        f"Runs: {runs}; of several the median."
    )


def _commit(source: str) -> str:
    changed = _git("status", "--porcelain", "--", source, "benchmarks")
    return _git("rev-parse", "--short=10", "HEAD") + (" with changes" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.run(
        ["git", *arguments], cwd=_ROOT, capture_output=True, text=True, check=True
    ).stdout.strip()
