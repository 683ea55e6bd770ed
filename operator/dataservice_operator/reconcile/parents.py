"""The DataServices as Kopf's watch last told them, raw, and what they refer to."""

from collections.abc import Iterator
from typing import Any, Final

from dataservice_operator.cluster.informer import Key
from dataservice_operator.cluster.kinds import CONFIG_MAP, SECRET, Kind

Raw = dict[str, Any]

_REFERENCES: Final = (
    (SECRET, ("database", "mongodb", "uriSecret", "name")),
    (SECRET, ("api", "auth", "keysSecret", "name")),
    (CONFIG_MAP, ("data", "schemaFrom", "configMap", "name")),
)
"""Where in a spec a name of something in its namespace stands."""


class Parents:
    def __init__(self) -> None:
        self._objects: dict[Key, Raw] = {}
        self._users: dict[tuple[Kind, Key], set[Key]] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, key: Key) -> Raw | None:
        return self._objects.get(key)

    def keys(self) -> tuple[Key, ...]:
        return tuple(self._objects)

    def put(self, raw: Raw) -> None:
        """Take over an event's object, or the answer to an own write, unless a newer one is known (KEP-5504)."""
        key = key_of(raw)
        known = self._objects.get(key)
        if known is not None and _version(known) > _version(raw):
            return
        self._unlink(key)
        self._objects[key] = raw
        for reference in _references(raw):
            self._users.setdefault(reference, set()).add(key)

    def drop(self, key: Key) -> None:
        self._unlink(key)
        self._objects.pop(key, None)

    def users_of(self, kind: Kind, referred: Key) -> frozenset[Key]:
        return frozenset(self._users.get((kind, referred), ()))

    def _unlink(self, key: Key) -> None:
        raw = self._objects.get(key)
        for reference in _references(raw) if raw is not None else ():
            users = self._users[reference]
            users.discard(key)
            if not users:
                del self._users[reference]


def key_of(raw: Raw) -> Key:
    return raw["metadata"]["namespace"], raw["metadata"]["name"]


def _version(raw: Raw) -> int:
    return int(raw["metadata"]["resourceVersion"])


def _references(raw: Raw) -> frozenset[tuple[Kind, Key]]:
    """Each once, though two fields may name the same Secret."""
    return frozenset(_found(raw))


def _found(raw: Raw) -> Iterator[tuple[Kind, Key]]:
    for kind, path in _REFERENCES:
        value: Any = raw.get("spec")
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str):
            yield kind, (raw["metadata"]["namespace"], value)
