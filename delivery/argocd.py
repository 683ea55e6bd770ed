"""k8s/gitops/argocd: what Argo CD must know of DataServices, from Lua files that lie as Argo CD lays out its own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from dataservice_operator.crd.resource import GROUP, KIND
from delivery.written import dumped, header

FOLDER: Final = Path("k8s/gitops/argocd")
SCRIPTS: Final = FOLDER / GROUP / KIND
PATCH: Final = FOLDER / "argocd-cm.yaml"


def files(root: Path) -> Mapping[Path, str]:
    """The patch of `argocd-cm`.

    https://argo-cd.readthedocs.io/en/stable/operator-manual/health/ and resource_actions/ tell its keys.
    """
    manifest = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "argocd-cm",
            "namespace": "argocd",
            "labels": {"app.kubernetes.io/name": "argocd-cm", "app.kubernetes.io/part-of": "argocd"},
        },
        "data": {
            f"resource.customizations.health.{GROUP}_{KIND}": _read(root / SCRIPTS / "health.lua"),
            f"resource.customizations.actions.{GROUP}_{KIND}": dumped(_actions(root / SCRIPTS / "actions")),
        },
    }
    return {PATCH: f"# {header(str(SCRIPTS))}\n{dumped(manifest)}"}


def _actions(folder: Path) -> dict[str, object]:
    return {
        "discovery.lua": _read(folder / "discovery.lua"),
        "definitions": [
            {"name": script.parent.name, "action.lua": _read(script)}
            for script in sorted(folder.glob("*/action.lua"))
        ],
    }


def _read(script: Path) -> str:
    return script.read_text(encoding="utf-8")
