"""The claim for the volume that an embedded database lies on."""

from typing import Any

from dataservice_operator.crd.database import Embedded
from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.inputs import Claim, Inputs
from dataservice_operator.render.metadata import Manifest, child_metadata
from dataservice_operator.render.quantity import amount, canonical


def volume_claim(parent: DataService, inputs: Inputs) -> Manifest | None:
    wanted = parent.spec.database.embedded
    if wanted is None:
        return None
    live = inputs.claim
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": _size(wanted, live)}},
    }
    storage_class = wanted.storage_class_name
    if storage_class is None and live is not None:
        storage_class = live.storage_class
    if storage_class is not None:
        spec["storageClassName"] = storage_class
    name = names.volume_claim(parent.metadata.name)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": child_metadata(parent, name, owned=wanted.retention == "Delete"),
        "spec": spec,
    }


def _size(wanted: Embedded, live: Claim | None) -> str:
    """A claim never asks for less than before, and for more only once it is bound."""
    if live is None:
        return canonical(wanted.size)
    return max(live.size, canonical(wanted.size), key=amount) if live.bound else live.size
