"""What of a live object is ours, by its managedFields.

The structure of fieldsV1 is that of KEP-555: `f:<name>` a field, `k:<json>` a list item by its keys, `v:<json>` a
set's value, `.` the thing itself; an empty object owns the whole value below it.
"""

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

FIELD_MANAGER: Final = "dataservice-operator"
_IDENTITY: Final = ("name", "namespace")

_Names = tuple[str, ...]


def digest_of_manifest(manifest: Mapping[str, Any]) -> bytes:
    """Digest of what applying `manifest` would make ours."""
    fields = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    fields["metadata"] = {key: value for key, value in manifest["metadata"].items() if key not in _IDENTITY}
    return _digest(fields)


def digest_of_owned(fields: Mapping[str, Any]) -> bytes:
    """Digest of the live fields that are ours; equal to the manifest's when there is nothing to write."""
    return _digest(fields)


def owned(live: Mapping[str, Any]) -> dict[str, Any]:
    """The live fields that we own: what others wrote, also over ours, is not among them."""
    fields: dict[str, Any] = _owned(live, _fields_of(live, FIELD_MANAGER))
    return fields


def owns_field(live: Mapping[str, Any], manager: str, *path: str) -> bool:
    """Whether `manager` applied the field at `path`, such as `("spec", "replicas")`."""
    fields: Any = _fields_of(live, manager)
    for name in path:
        fields = fields.get(f"f:{name}")
        if fields is None:
            return False
    return True


def _fields_of(live: Mapping[str, Any], manager: str) -> Mapping[str, Any]:
    for entry in live["metadata"].get("managedFields") or ():
        if entry["manager"] == manager and entry["operation"] == "Apply" and not entry.get("subresource"):
            fields: Mapping[str, Any] = entry.get("fieldsV1") or {}
            return fields
    return {"f:": {}}


def _owned(value: Any, fields: Mapping[str, Any]) -> Any:
    if not fields:
        return value
    if isinstance(value, dict):
        found = {}
        for key, below in fields.items():
            name = key[2:]
            if name in value and key.startswith("f:"):
                found[name] = _owned(value[name], below) if below else value[name]
        return found
    if isinstance(value, list):
        return _owned_items(value, fields)
    return value


def _owned_items(items: list[Any], fields: Mapping[str, Any]) -> list[Any]:
    by_key: dict[_Names, dict[tuple[Any, ...], Mapping[str, Any]]] = {}
    values = []
    for key, below in fields.items():
        if key.startswith("k:"):
            names, identity = _decoded_key(key[2:])
            by_key.setdefault(names, {})[identity] = below
        elif key.startswith("v:"):
            values.append(msgspec.json.decode(key[2:]))
    found = []
    for item in items:
        for names, known in by_key.items():
            owned_below = known.get(tuple(map(item.get, names)))
            if owned_below is not None:
                found.append(_owned(item, owned_below))
        if item in values:
            found.append(item)
    return found


@lru_cache(1024)
def _decoded_key(text: str) -> tuple[_Names, tuple[Any, ...]]:
    """What tells an item from the others: names of fields, and their values. One object's keys are the next one's."""
    key = msgspec.json.decode(text)
    return tuple(key), tuple(key.values())


def _digest(value: Any) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(value, order="sorted"), digest_size=16).digest()
