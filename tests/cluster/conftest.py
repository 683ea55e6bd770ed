"""The tool itself, run as a user runs it, as another identity: the cluster in use is not disturbed."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cluster.identity import CHECKOUT, IDENTITY_VARIABLE, checkout_id


@dataclass(frozen=True)
class Tool:
    identity: str

    def __call__(self, *words: str) -> str:
        done = self.attempt(*words)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout

    def attempt(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "tests.cluster", *words],
            cwd=CHECKOUT,
            env={**os.environ, IDENTITY_VARIABLE: self.identity},
            capture_output=True,
            text=True,
            check=False,
        )

    def status(self, mode: str) -> dict[str, Any]:
        found = json.loads(self("status", "--output=json"))
        return next(cluster for cluster in found if cluster["mode"] == mode)

    def pids(self, mode: str) -> dict[str, int]:
        return {program["name"]: program["pid"] for program in self.status(mode)["programs"]}


@pytest.fixture(scope="module")
def tool() -> Iterator[Tool]:
    """A second identity of this checkout. A test begins with `up`, which takes no time where it is up."""
    second = Tool(f"t{checkout_id()[:7]}")
    second("down", "--all")
    yield second
    second("down", "--all")
