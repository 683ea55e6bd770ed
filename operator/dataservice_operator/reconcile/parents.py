"""The DataServices as Kopf's watch last told them, and which of them refer to a Secret.

They are kept as text, a tenth of the memory of the dictionaries that it is read into.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any, Final

from dataservice_operator.cluster.informer import Key

Raw = dict[str, Any]

STATES: Final = ("new", "reconciling", "ready", "stalled")


@dataclass(frozen=True, slots=True)
class _Known:
    version: int
    secret: Key | None
    state: str
    text: bytes


class Parents:
    def __init__(self) -> None:
        self._known: dict[Key, _Known] = {}
        self._users: dict[Key, set[Key]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def get(self, key: Key) -> Raw | None:
        """A copy of the reader's own, without managedFields."""
        known = self._known.get(key)
        if known is None:
            return None
        raw: Raw = json.loads(known.text)
        return raw

    def states(self) -> Counter[str]:
        """How many are in each of `STATES`, by what their status says."""
        return Counter(known.state for known in self._known.values())

    def keys(self) -> tuple[Key, ...]:
        return tuple(self._known)

    def put(self, raw: Raw) -> bool:
        """Take over an event's object, or the answer to an own write; whether it is news.

        It is not when that version is known, as that of an own write is before its event comes, or a newer one
        (resource versions of one kind can be compared as integers: KEP-5504).
        """
        key, version = key_of(raw), int(raw["metadata"]["resourceVersion"])
        known = self._known.get(key)
        if known is not None and known.version >= version:
            return False
        secret = _secret_of(raw)
        if known is None or known.secret != secret:
            self._unlink(key)
            if secret is not None:
                self._users.setdefault(secret, set()).add(key)
        self._known[key] = _Known(version, secret, _state(raw), _text(raw))
        return True

    def drop(self, key: Key) -> None:
        self._unlink(key)
        self._known.pop(key, None)

    def users_of(self, secret: Key) -> frozenset[Key]:
        return frozenset(self._users.get(secret, ()))

    def _unlink(self, key: Key) -> None:
        known = self._known.get(key)
        if known is None or known.secret is None:
            return
        users = self._users[known.secret]
        users.discard(key)
        if not users:
            del self._users[known.secret]


def key_of(raw: Raw) -> Key:
    return raw["metadata"]["namespace"], raw["metadata"]["name"]


def _text(raw: Raw) -> bytes:
    metadata = {name: value for name, value in raw["metadata"].items() if name != "managedFields"}
    return json.dumps({**raw, "metadata": metadata}, separators=(",", ":")).encode()


def _state(raw: Raw) -> str:
    conditions = (raw.get("status") or {}).get("conditions") or ()
    true = {condition.get("type") for condition in conditions if condition.get("status") == "True"}
    return next((kind.lower() for kind in ("Stalled", "Reconciling", "Ready") if kind in true), "new")


def _secret_of(raw: Raw) -> Key | None:
    try:
        return raw["metadata"]["namespace"], raw["spec"]["database"]["mongodb"]["uriSecret"]["name"]
    except (KeyError, TypeError):
        return None
