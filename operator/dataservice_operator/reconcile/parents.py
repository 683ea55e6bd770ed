"""The DataServices as Kopf's watch last told them, raw, and which of them refer to a Secret."""

from typing import Any

from dataservice_operator.cluster.informer import Key

Raw = dict[str, Any]


class Parents:
    def __init__(self) -> None:
        self._objects: dict[Key, Raw] = {}
        self._users: dict[Key, set[Key]] = {}

    def __len__(self) -> int:
        return len(self._objects)

    def get(self, key: Key) -> Raw | None:
        return self._objects.get(key)

    def keys(self) -> tuple[Key, ...]:
        return tuple(self._objects)

    def put(self, raw: Raw) -> bool:
        """Take over an event's object, or the answer to an own write; whether it is news.

        It is not when that version is known, as that of an own write is before its event comes, or a newer one
        (resource versions of one kind can be compared as integers: KEP-5504).
        """
        key = key_of(raw)
        known = self._objects.get(key)
        if known is not None and _version(known) >= _version(raw):
            return False
        self._unlink(key)
        self._objects[key] = raw
        secret = _secret_of(raw)
        if secret is not None:
            self._users.setdefault(secret, set()).add(key)
        return True

    def drop(self, key: Key) -> None:
        self._unlink(key)
        self._objects.pop(key, None)

    def users_of(self, secret: Key) -> frozenset[Key]:
        return frozenset(self._users.get(secret, ()))

    def _unlink(self, key: Key) -> None:
        raw = self._objects.get(key)
        secret = _secret_of(raw) if raw is not None else None
        if secret is not None:
            users = self._users[secret]
            users.discard(key)
            if not users:
                del self._users[secret]


def key_of(raw: Raw) -> Key:
    return raw["metadata"]["namespace"], raw["metadata"]["name"]


def _version(raw: Raw) -> int:
    return int(raw["metadata"]["resourceVersion"])


def _secret_of(raw: Raw) -> Key | None:
    try:
        return raw["metadata"]["namespace"], raw["spec"]["database"]["mongodb"]["uriSecret"]["name"]
    except (KeyError, TypeError):
        return None
