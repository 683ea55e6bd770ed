"""Write every file that is made from another, or check that the committed ones are in step.

`make generate` writes, `make check` checks.
"""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path

import yaml

from dataservice_operator.crd.definition import definition
from dataservice_operator.crd.reference import reference
from dataservice_operator.crd.resource import GROUP, PLURAL
from delivery import api_reference, argocd, chart, plain, troubleshooting
from delivery.monitoring import files as monitoring
from delivery.written import header

ROOT = Path(__file__).resolve().parents[1]
MODELS = "operator/dataservice_operator/crd"


def generated() -> Mapping[Path, str]:
    """What each generated file must hold, by its path in the checkout."""
    crd = yaml.safe_dump(definition(), sort_keys=False, width=110, allow_unicode=True)
    return {
        Path("crds") / f"{GROUP}_{PLURAL}.yaml": f"# {header(MODELS)}\n{crd}",
        Path("docs/reference/dataservice.md"): f"<!-- {header(MODELS)} -->\n{reference()}",
        **argocd.files(ROOT),
        Path("docs/reference/api.md"): f"<!-- {header(api_reference.SOURCE)} -->\n{api_reference.page()}",
        Path(
            "docs/troubleshooting.md"
        ): f"<!-- {header(troubleshooting.SOURCES)} -->\n{troubleshooting.page()}",
        **plain.files(ROOT),
        **chart.files(ROOT, crd),
        **monitoring.files(),
    }


def write(root: Path) -> None:
    for path, text in generated().items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")


def stale(root: Path) -> list[Path]:
    """The generated files that are missing or differ from what they are made from."""
    return [path for path, text in generated().items() if _read(root / path) != text]


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.exists() else None


def main(root: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(prog="python -m delivery.generate", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is out of step")
    if not parser.parse_args().check:
        write(root)
    elif out_of_step := stale(root):
        sys.exit("\n".join(f"{path} is out of step: run `make generate`" for path in out_of_step))


if __name__ == "__main__":
    main()
