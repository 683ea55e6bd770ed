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
        return {
            name: _owned(value[name], below)
            for name, below in ((key[2:], below) for key, below in fields.items() if key.startswith("f:"))
            if name in value
        }
    if isinstance(value, list):
        return _owned_items(value, fields)
    return value


def _owned_items(items: list[Any], fields: Mapping[str, Any]) -> list[Any]:
    by_key = [(_decoded(key[2:]), below) for key, below in fields.items() if key.startswith("k:")]
    values = [_decoded(key[2:]) for key in fields if key.startswith("v:")]
    found = []
    for item in items:
        for key, below in by_key:
            if all(item.get(name) == wanted for name, wanted in key.items()):
                found.append(_owned(item, below))
        if item in values:
            found.append(item)
    return found


@lru_cache(1024)
def _decoded(text: str) -> Any:
    """The keys of one object are those of the next. Not to be changed by whoever takes it."""
    return msgspec.json.decode(text)


def _digest(value: Any) -> bytes:
    return hashlib.blake2b(msgspec.json.encode(value, order="sorted"), digest_size=16).digest()
