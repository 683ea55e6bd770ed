"""JSON Schemas that stand in users' ConfigMaps, put where an inline one would stand."""

import json
from dataclasses import dataclass
from typing import Any, NoReturn

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.informer import Informer
from dataservice_operator.cluster.kinds import CONFIG_MAP
from dataservice_operator.cluster.picture import Key
from dataservice_operator.crd.data import ConfigMapKeyReference
from dataservice_operator.crd.resource import DataService
from dataservice_operator.errors import NotFound
from dataservice_operator.reconcile.observed_reference import ConfigMap
from dataservice_operator.reconcile.problem import Problem
from dataservice_operator.reconcile.validation import invalid_schema, place_of_schema


@dataclass(frozen=True, slots=True)
class _Read:
    reference: ConfigMapKeyReference
    version: str
    text: str | None
    """None where the ConfigMap has no such key."""


class Schemas:
    """Reads a ConfigMap once for each of its versions and keeps the text of the key: the same schema as Python
    objects takes many times the memory, and to parse it again costs less than a request.
    """

    def __init__(self, client: Client, config_maps: Informer[ConfigMap]) -> None:
        self._client = client
        self._config_maps = config_maps
        self._known: dict[Key, _Read] = {}

    async def inlined(self, parent: DataService) -> DataService | Problem:
        """The DataService as if its schema stood in it; or what is missing, and what to do about it.

        Raises:
            InvalidSpec: the text is not a JSON object; reason InvalidSchema.
        """
        key = (parent.metadata.namespace, parent.metadata.name)
        if parent.spec.data.schema_from is None:
            self.forget(key)
            return parent
        reference = parent.spec.data.schema_from.config_map
        read = await self._current(key, reference)
        if read is None:
            return Problem(
                "ConfigMapNotFound",
                f"ConfigMap {reference.name!r} does not exist in namespace {key[0]!r}: create it, with the JSON "
                f"Schema of the documents, as JSON text, under the key {reference.key!r}",
            )
        if read.text is None:
            return Problem(
                "ConfigMapKeyNotFound",
                f"ConfigMap {reference.name!r} in namespace {key[0]!r} has no text under the key "
                f"{reference.key!r}: add it, with the JSON Schema of the documents as its value",
            )
        return with_schema(parent, read.text)

    def forget(self, key: Key) -> None:
        """The DataService of that key is gone, or refers to no ConfigMap any more."""
        self._known.pop(key, None)

    async def _current(self, key: Key, reference: ConfigMapKeyReference) -> _Read | None:
        """What the ConfigMap says now; None where there is none."""
        seen = self._config_maps.get((key[0], reference.name))
        if seen is None:
            return None
        known = self._known.get(key)
        if known is not None and (known.reference, known.version) == (reference, seen.version):
            return known
        try:
            raw = await self._client.read(
                CONFIG_MAP.path(key[0], reference.name), resourceVersion=seen.version
            )
        except NotFound:
            return None
        text = (raw.get("data") or {}).get(reference.key)
        known = self._known[key] = _Read(reference, raw["metadata"]["resourceVersion"], text)
        return known


def with_schema(parent: DataService, text: str) -> DataService:
    """The DataService as if the schema of this text stood in it.

    Raises:
        InvalidSpec: the text is not a JSON object; reason InvalidSchema.
    """
    data = parent.spec.data
    data = data.model_copy(update={"document_schema": _parsed(text, place_of_schema(data))})
    return parent.model_copy(update={"spec": parent.spec.model_copy(update={"data": data})})


def _parsed(text: str, place: str) -> dict[str, Any]:
    """Raises InvalidSpec unless the text is a JSON object that can be written as JSON again, the same."""
    try:
        schema = json.loads(text, object_pairs_hook=_once_each, parse_constant=_refuse)
        json.dumps(
            schema, allow_nan=False, ensure_ascii=False
        ).encode()  # 1e999, and halves of surrogate pairs
    except RecursionError:
        raise invalid_schema(place, "it nests too deep") from None
    except ValueError as error:
        raise invalid_schema(place, f"not JSON: {error}") from None
    if not isinstance(schema, dict):
        raise invalid_schema(place, 'a JSON Schema is written as a JSON object, such as {"type": "object"}')
    return schema


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"the name {name!r} stands twice in one object")
        found[name] = value
    return found


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a number of JSON")
