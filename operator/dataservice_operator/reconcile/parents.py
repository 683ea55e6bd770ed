"""The DataServices as Kopf's watch last told them, and what they refer to.

They are kept as packed text, a small part of the memory of the dictionaries that it is read into.
"""

import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from sys import intern
from typing import Any, Final

import msgspec

from dataservice_operator.cluster.kinds import CONFIG_MAP, SECRET, Kind
from dataservice_operator.cluster.picture import Key
from dataservice_operator.crd.status import NEVER_OBSERVED

Raw = dict[str, Any]
Reference = tuple[Kind, Key]

STATES: Final = ("new", "reconciling", "ready", "stalled")
NOT_READY: Final = ("reconciling", "stalled")

_REFERENCES: Final = (
    (SECRET, ("database", "mongodb", "uriSecret", "name")),
    (SECRET, ("api", "auth", "keysSecret", "name")),
    (CONFIG_MAP, ("data", "schemaFrom", "configMap", "name")),
)
"""Where in a spec a name of something in its namespace stands."""


@dataclass(frozen=True, slots=True)
class _Known:
    version: int
    references: tuple[Reference, ...]
    state: str
    reason: str
    packed: bytes


class Parents:
    def __init__(self) -> None:
        self._known: dict[Key, _Known] = {}
        self._users: dict[Reference, set[Key]] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __contains__(self, key: Key) -> bool:
        return key in self._known

    def get(self, key: Key) -> Raw | None:
        """A copy of the reader's own, without managedFields."""
        known = self._known.get(key)
        if known is None:
            return None
        raw: Raw = msgspec.json.decode(zlib.decompress(known.packed))
        return raw

    def states(self) -> Counter[str]:
        """How many are in each of `STATES`, by what their status says."""
        return Counter(known.state for known in self._known.values())

    def not_ready(self) -> Iterator[tuple[str, str, str, str]]:
        """Namespace, name, state, and the reason of Ready."""
        return (
            (*key, known.state, known.reason)
            for key, known in self._known.items()
            if known.state in NOT_READY
        )

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
        references = _references(raw)
        if known is None or known.references != references:
            self._unlink(key)
            for reference in references:
                self._users.setdefault(reference, set()).add(key)
        self._known[key] = _Known(version, references, *_state(raw), _packed(raw))
        return True

    def drop(self, key: Key) -> None:
        self._unlink(key)
        self._known.pop(key, None)

    def drop_version(self, key: Key, version: str) -> bool:
        """Whether one that was gone at that version is dropped: unless something newer was told of that name."""
        known = self._known.get(key)
        if known is None or known.version > int(version):
            return False
        self.drop(key)
        return True

    def users_of(self, kind: Kind, referred: Key) -> frozenset[Key]:
        return frozenset(self._users.get((kind, referred), ()))

    def _unlink(self, key: Key) -> None:
        known = self._known.get(key)
        for reference in known.references if known is not None else ():
            users = self._users[reference]
            users.discard(key)
            if not users:
                del self._users[reference]


def key_of(raw: Raw) -> Key:
    return intern(raw["metadata"]["namespace"]), intern(raw["metadata"]["name"])


def is_new(raw: Raw) -> bool:
    """Whether no operator has acted on it yet."""
    return bool(_status(raw).get("observedGeneration", NEVER_OBSERVED) == NEVER_OBSERVED)


def _packed(raw: Raw) -> bytes:
    metadata = {name: value for name, value in raw["metadata"].items() if name != "managedFields"}
    return zlib.compress(msgspec.json.encode({**raw, "metadata": metadata}), level=1)


def _state(raw: Raw) -> tuple[str, str]:
    """One of `STATES`, and the reason of Ready."""
    conditions = _status(raw).get("conditions")
    known = [each for each in conditions if isinstance(each, dict)] if isinstance(conditions, list) else []
    true = [condition.get("type") for condition in known if condition.get("status") == "True"]
    state = next((kind.lower() for kind in ("Stalled", "Reconciling", "Ready") if kind in true), "new")
    reasons = (condition.get("reason") for condition in known if condition.get("type") == "Ready")
    return state, intern(str(next(reasons, "")))


def _status(raw: Raw) -> Raw:
    """Whatever an older CRD, or somebody under it, let in: nothing of it can be relied upon here."""
    status: Any = raw.get("status")
    return status if isinstance(status, dict) else {}


def _references(raw: Raw) -> tuple[Reference, ...]:
    """Each once, though two fields may name the same Secret."""
    return tuple(dict.fromkeys(_found(raw)))


def _found(raw: Raw) -> Iterator[Reference]:
    for kind, path in _REFERENCES:
        value: Any = raw.get("spec")
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        if isinstance(value, str):
            yield kind, (intern(raw["metadata"]["namespace"]), intern(value))
