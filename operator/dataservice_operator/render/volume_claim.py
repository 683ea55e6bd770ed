"""The claim for the volume that an embedded database lies on."""

from typing import Any

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.render.metadata import Manifest, child_metadata
from dataservice_operator.render.quantity import amount, canonical


def volume_claim(parent: DataService, inputs: Inputs) -> Manifest | None:
    wanted = parent.spec.database.embedded
    if wanted is None:
        return None
    spec: dict[str, Any] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": _size(wanted.size, inputs.claimed_size)}},
    }
    if wanted.storage_class_name is not None:
        spec["storageClassName"] = wanted.storage_class_name
    name = names.volume_claim(parent.metadata.name)
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": child_metadata(parent, name, owned=wanted.retention == "Delete"),
        "spec": spec,
    }


def _size(wanted: int | str, claimed: str | None) -> str:
    """A claim that asks for more, by someone else's hand or from an earlier life, can only stay as it is."""
    return max((canonical(size) for size in (claimed, wanted) if size is not None), key=amount)
