"""The workflows, read: by linters, and for what the tests that run them take for granted."""

import re
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from delivery.pipeline.__main__ import STEPS
from tests.support.tools import output, tool

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / ".github/workflows").glob("*.yaml"))
DEPLOY = yaml.safe_load((ROOT / ".github/workflows/deploy.yaml").read_text())


def steps(name: str | None = None) -> list[dict[str, Any]]:
    jobs = DEPLOY["jobs"]
    return [step for job in ([jobs[name]] if name else jobs.values()) for step in job["steps"]]


@pytest.mark.tools
def test_actionlint_finds_nothing() -> None:
    output(tool("actionlint"), *WORKFLOWS)


def test_zizmor_finds_nothing() -> None:
    output(Path(sys.executable).with_name("zizmor"), "--offline", "--quiet", ROOT / ".github")


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.name)
def test_every_action_is_pinned_by_commit_with_its_version_beside_it(workflow: Path) -> None:
    used = re.findall(r"uses: (.*)", workflow.read_text())
    assert used
    for action in used:
        assert re.fullmatch(r"[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", action), action


def test_each_step_is_a_script_of_this_repository() -> None:
    commands = [step["run"] for step in steps() if "run" in step]
    assert {command.removeprefix("python3 -m delivery.pipeline ") for command in commands} == set(STEPS)


def test_production_is_what_staging_was_and_waits_for_its_approval() -> None:
    staging, production = (DEPLOY["jobs"][name] for name in ("staging", "production"))
    assert production["steps"] == staging["steps"]
    assert production["env"] == staging["env"]
    assert production["environment"] == "production"
    assert "staging" in production["needs"]


def test_only_the_job_that_pushes_may_write_packages() -> None:
    assert DEPLOY["permissions"] == {}
    writers = [name for name, job in DEPLOY["jobs"].items() if "write" in job["permissions"].values()]
    assert writers == ["images"]


def test_secrets_reach_only_the_steps_that_need_them() -> None:
    named = {step["name"] for step in steps() if "secrets." in str(step)}
    assert named == {
        "See that the secrets are there and open a cluster",
        "Log in to GHCR",
        "Take the cluster's credentials",
    }
    assert not any("secrets." in str(job.get("env")) for job in DEPLOY["jobs"].values())
