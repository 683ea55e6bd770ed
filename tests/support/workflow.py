"""The `run` steps of a GitHub workflow, run here as GitHub's runner would; its `uses` steps are GitHub's own."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

EXPRESSION = re.compile(r"\$\{\{ (.+?) \}\}")
ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Job:
    """What a job did: each `run` step that was not skipped, with its exit code."""

    codes: Mapping[str, int]
    log: str
    outputs: Mapping[str, str] = field(default_factory=dict)

    @property
    def succeeded(self) -> bool:
        return not any(self.codes.values())


class Workflow:
    """One workflow file.

    Args:
        contexts: what its expressions stand for, such as `secrets.KUBECONFIG`.
        environ: what the runner's machine has, such as PATH.
        folder: a folder of the run's own.
    """

    def __init__(
        self, path: Path, contexts: Mapping[str, str], environ: Mapping[str, str], folder: Path
    ) -> None:
        self.jobs: dict[str, Any] = yaml.safe_load(path.read_text())["jobs"]
        self._contexts = dict(contexts) | {"runner.temp": str(folder)}
        self.environ = environ
        self._folder = folder

    def know(self, expression: str, value: str) -> None:
        """Give what an earlier job would have."""
        self._contexts[expression] = value

    def run(self, name: str, **changed: str) -> Job:
        """Run a job; `changed` variables win over those of the file. Outputs are known to later jobs."""
        job = self.jobs[name]
        output = self._folder / f"{name}-output"
        output.touch()
        own = {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output)}
        common = {**self.environ, **own, **self._filled(job.get("env", {}))}
        codes: dict[str, int] = {}
        said = []
        for step in job["steps"]:
            if "run" not in step or not _applies(step.get("if"), job["steps"], codes):
                continue
            environ = {**common, **self._filled(step.get("env", {})), **changed}
            done = subprocess.run(
                ["bash", "-e", "-c", step["run"]],
                env=environ,
                cwd=ROOT,
                text=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                check=False,
            )
            codes[step["name"]] = done.returncode
            said.append(f"### {step['name']}\n{done.stdout}")
        outputs = dict(line.split("=", 1) for line in output.read_text().splitlines())
        self._contexts |= {f"needs.{name}.outputs.{key}": value for key, value in outputs.items()}
        return Job(codes, "\n".join(said), outputs)

    def _filled(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {
            name: EXPRESSION.sub(lambda found: self._contexts[found[1]], text)
            for name, text in variables.items()
        }


def _applies(condition: str | None, steps: list[dict[str, Any]], codes: Mapping[str, int]) -> bool:
    """GitHub's rule: a step runs while all went well, unless its condition says otherwise; of those, the one in use."""
    failed = any(codes.values())
    if condition is None:
        return not failed
    known = re.fullmatch(r"failure\(\) && steps\.(\w+)\.outcome != 'skipped'", condition)
    assert known is not None, f"this runner does not know the condition {condition!r}"
    return failed and any(step.get("id") == known[1] and step["name"] in codes for step in steps)


def runner_environ(**variables: str) -> dict[str, str]:
    """A runner's own environment: nothing of this process but where programs are."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/"), **variables}
