"""A tag is a release only with what later ones are tested by."""

import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from dataservice import __version__
from delivery import tagged

CRD = "crds/dataservice.dev_dataservices.yaml"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A checkout that lacks nothing for 1.2.3."""
    for name, text in (
        ("service/dataservice/__init__.py", '__version__ = "1.2.3"\n'),
        ("CHANGELOG.md", "# Changelog\n\n## Unreleased\n\n## 1.2.3 - 2026-12-01\n"),
        (CRD, "kind: CustomResourceDefinition\n"),
        ("tests/upgrade/releases/1.2.3/crd.yaml", "kind: CustomResourceDefinition\n"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_a_release_with_all_it_needs_lacks_nothing(root: Path) -> None:
    assert [*tagged.missing(root, "v1.2.3")] == []


@pytest.mark.parametrize("tag", ["v1.2.4", "1.2.3", "v1.2"])
def test_a_tag_that_is_not_the_codes_version_is_told(root: Path, tag: str) -> None:
    assert f"the tag is {tag} and the code is 1.2.3" in next(tagged.missing(root, tag))


def test_a_changelog_without_the_version_is_told(root: Path) -> None:
    (root / "CHANGELOG.md").write_text("## Unreleased\n\n## 1.2.30\n")
    assert ["`## 1.2.3`" in sentence for sentence in tagged.missing(root, "v1.2.3")] == [True]


def test_a_record_that_is_not_there_or_of_another_crd_is_told(root: Path) -> None:
    (root / CRD).write_text("kind: Other\n")
    assert ["of another CRD" in sentence for sentence in tagged.missing(root, "v1.2.3")] == [True]
    (root / "tests/upgrade/releases/1.2.3/crd.yaml").unlink()
    assert ["is not there" in sentence for sentence in tagged.missing(root, "v1.2.3")] == [True]


def test_the_command_says_what_is_missing_and_fails() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "delivery.tagged", f"v{__version__}0"],
        cwd=tagged.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: the tag is v{__version__}0 and the code is {__version__}")
    assert "Traceback" not in done.stderr


def test_the_workflow_asks_it_of_every_tag() -> None:
    release = yaml.safe_load((tagged.ROOT / ".github/workflows/release.yaml").read_text())
    assert release[True]["push"]["tags"] == ["v*"], "YAML reads the key `on` as true"
    steps = release["jobs"]["tagged"]["steps"]
    assert steps[-1]["run"] == 'python3 -m delivery.tagged "$GITHUB_REF_NAME"'
