"""The metadata that every child carries, and its owner reference."""

from collections.abc import Mapping
from typing import Any

from dataservice_operator.crd.resource import API_VERSION, KIND, DataService
from dataservice_operator.render import names

Manifest = dict[str, Any]


def child_metadata(
    parent: DataService, name: str, annotations: Mapping[str, str] | None = None, *, owned: bool = True
) -> dict[str, Any]:
    """`owned` says whether the child goes with the DataService; the annotation tells whose it is either way."""
    metadata = parent.metadata
    return {
        "name": name,
        "namespace": metadata.namespace,
        "labels": names.labels(metadata.name),
        "annotations": {**(annotations or {}), names.OWNER: metadata.name},
        **({"ownerReferences": [_owner(parent)]} if owned else {}),
    }


def _owner(parent: DataService) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": parent.metadata.name,
        "uid": parent.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
