"""The schema and the indexes as files, in an immutable ConfigMap named by its content.

A change makes another ConfigMap and thereby another pod template: an old pod that restarts in the middle of a roll
still finds the files that it was started with.
"""

import hashlib
import json
from typing import Any

import msgspec

from dataservice_operator.crd.data import Data
from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.metadata import Manifest, child_metadata


def config_map(parent: DataService) -> Manifest:
    data = _files(parent.spec.data)
    name = names.config_map(parent.metadata.name, _hash(data))
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": child_metadata(parent, name),
        "immutable": True,
        "data": data,
    }


def _files(data: Data) -> dict[str, str]:
    schema: Any = data.document_schema if data.document_schema is not None else {}
    indexes = [{"fields": list(index.fields), "unique": index.unique} for index in data.indexes]
    return {"schema.json": _json(schema), "indexes.json": _json(indexes)}


def _json(value: Any) -> str:
    """As `json.dumps` with an indent, which is not written in C: every reconcile would wait for a large schema."""
    text: str = msgspec.json.format(json.dumps(value, sort_keys=True, ensure_ascii=False), indent=2)
    return text + "\n"


def _hash(data: dict[str, str]) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:10]
