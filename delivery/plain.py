"""k8s/plain: the service without the operator, from the sample by the operator's own render code."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml

from dataservice_operator.crd.resource import GROUP, DataService, parse
from dataservice_operator.render import names
from dataservice_operator.render.children import children
from dataservice_operator.render.image import choose
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.settings import DEFAULT_IMAGE
from delivery.written import dumped, header

SAMPLE: Final = Path("k8s/samples/orders.yaml")
FOLDER: Final = Path("k8s/plain")

Manifest = dict[str, Any]


def files(root: Path) -> Mapping[Path, str]:
    """The manifests that a DataService like the sample stands for, by path."""
    wanted = children(sample := _sample(root), _inputs(sample))
    manifests = {
        "serviceaccount": wanted.service_account,
        "configmap": wanted.config_map,
        "deployment": wanted.deployment,
        "service": wanted.service,
        "hpa": wanted.autoscaler,
    }
    return {
        FOLDER / f"{name}.yaml": f"# {header(str(SAMPLE))}\n{dumped(without_owner(manifest))}"
        for name, manifest in manifests.items()
        if manifest is not None
    }


def without_owner(manifest: Manifest) -> Manifest:
    """The manifest as one that nobody keeps: without what marks it as a DataService's, at any depth."""
    kept = {name: _unmarked(name, value) for name, value in manifest.items() if name != "ownerReferences"}
    return {name: value for name, value in kept.items() if value != {}}


def _unmarked(name: str, value: Any) -> Any:
    if name == "annotations":
        return {key: text for key, text in value.items() if not key.startswith(f"{GROUP}/")}
    if name == "labels":
        return {key: text for key, text in value.items() if key != names.MANAGED_LABEL}
    return (
        without_owner(value)
        if isinstance(value, dict) and name in ("metadata", "spec", "template")
        else value
    )


def _sample(root: Path) -> DataService:
    documents = yaml.safe_load_all((root / SAMPLE).read_text(encoding="utf-8"))
    raw = next(document for document in documents if document["kind"] == "DataService")
    return parse({**raw, "metadata": {**raw["metadata"], "uid": ""}})


def _inputs(sample: DataService) -> Inputs:
    image, pin = choose(sample, default=DEFAULT_IMAGE, live_pin=None)
    return Inputs(image=image, image_pin=pin)
