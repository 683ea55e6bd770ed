"""Whether a tag may be a release: `python3 -m delivery.tagged v1.2.3`. Needs Python alone."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
_VERSION = "service/dataservice/__init__.py"
_CRD = "crds/dataservice.dev_dataservices.yaml"


def missing(root: Path, tag: str) -> Iterator[str]:
    """Sentences, one for each thing that the release lacks, with what to do."""
    version = tag.removeprefix("v")
    [written] = re.findall(
        r'^__version__ = "(.*)"', (root / _VERSION).read_text(encoding="utf-8"), re.MULTILINE
    )
    if tag != f"v{written}":
        yield f"the tag is {tag} and the code is {written}: tag v{written}, or change {_VERSION}"
    if not re.search(
        rf"^## {re.escape(version)}\b", (root / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE
    ):
        yield f"CHANGELOG.md has no heading `## {version}`: put what is under Unreleased there"
    record = f"tests/upgrade/releases/{version}"
    kept = root / record / "crd.yaml"
    if not kept.exists():
        yield f"{record} is not there: run `python -m tests.upgrade`, and commit what it writes"
    elif kept.read_bytes() != (root / _CRD).read_bytes():
        yield f"{record} is of another CRD: run `python -m tests.upgrade --again`, and commit what it writes"


def main() -> None:
    """Exit codes: 0 it may, 1 it lacks what is said, 2 called wrongly."""
    if len(sys.argv) != 2:  # noqa: PLR2004 - one argument
        sys.stderr.write("error: name the tag: python3 -m delivery.tagged v1.2.3\n")
        sys.exit(2)
    told = [*missing(ROOT, sys.argv[1])]
    for sentence in told:
        sys.stderr.write(f"error: {sentence}\n")
    sys.exit(1 if told else 0)


if __name__ == "__main__":
    main()
