"""What is known of the objects of one kind: a summary of each, as of the last event and of the own writes since."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from sys import intern
from typing import Any, Generic, Protocol, TypeVar

Key = tuple[str, str]
"""Namespace and name."""


class Summary(Protocol):
    """What an informer keeps of an object."""

    @property
    def group(self) -> Key | None:
        """What the object is looked up by, beside its own key, if there is such a thing."""


T = TypeVar("T", bound=Summary)


class Picture(Generic[T]):
    """Summaries of the live objects of one kind.

    Args:
        namespaces: None in it stands for the whole cluster.
        summarise: raw object to summary; an equal summary is no change.
        changed: called with the old and the new summary (None: it was not there, is not there now).
    """

    def __init__(
        self,
        namespaces: Sequence[str | None],
        summarise: Callable[[dict[str, Any]], T],
        changed: Callable[[T | None, T | None], None],
    ) -> None:
        self._clusterwide = None in namespaces
        self._summarise = summarise
        self._changed = changed
        self._objects: dict[Key, T] = {}
        self._groups: dict[Key, tuple[T, ...]] = {}
        self._seen: dict[str | None, int] = {}
        """The version that was told last, by namespace."""

        self._own: dict[Key, int] = {}
        """Versions of own writes whose events are still to come."""

        self._being_written: set[Key] = set()

    def get(self, key: Key) -> T | None:
        return self._objects.get(key)

    def group(self, group: Key) -> tuple[T, ...]:
        return self._groups.get(group, ())

    def remember(self, raw: dict[str, Any]) -> T:
        """Take over the answer to an own write, unless the watch has told something newer.

        Its event, and those of earlier versions, are then passed over: an older state taken for the present one
        would be repaired once more. Resource versions of one kind can be compared as integers (KEP-5504).
        """
        key, version, summary = key_of(raw), int(raw["metadata"]["resourceVersion"]), self._summarise(raw)
        scope = None if self._clusterwide else key[0]
        if version > self._seen.get(scope, 0):
            self._own[key] = version
            self._put(key, summary)
        return summary

    @contextmanager
    def writing(self, key: Key) -> Iterator[Callable[[dict[str, Any]], None]]:
        """Surrounds an own write of one object; what it yields takes the server's answer, as `remember`.

        The write's own event, which may come before its answer, is no news. What else happened to the object
        meanwhile is told at the end.
        """
        known = self._objects.get(key)

        def remember(raw: dict[str, Any]) -> None:
            nonlocal known
            known = self.remember(raw)

        self._being_written.add(key)
        try:
            yield remember
        finally:
            self._being_written.discard(key)
            if (now := self._objects.get(key)) != known:
                self._changed(known, now)

    def _take(self, namespace: str | None, event: str, raw: dict[str, Any]) -> None:
        """Take over one event of a watch."""
        version = int(raw["metadata"]["resourceVersion"])
        self._seen[namespace] = version
        if event != "BOOKMARK" and not self._known(key_of(raw), version):
            self._set(key_of(raw), None if event == "DELETED" else self._summarise(raw))

    def _known(self, key: Key, version: int) -> bool:
        """Whether an own write has told as much already."""
        own = self._own.get(key, 0)
        if own and own <= version:
            del self._own[key]
        return version <= own

    def _replace(self, namespace: str | None, version: int, found: dict[Key, T]) -> None:
        """Take over a whole list: what is not in it is gone, but for what we wrote since it was made."""
        self._seen[namespace] = version
        known: Iterable[Key] = [key for key in self._objects if namespace in (None, key[0])]
        for key in {*known, *found}:
            own = self._own.get(key, 0)
            if own <= version:
                self._own.pop(key, None)
                self._set(key, found.get(key))

    def _set(self, key: Key, new: T | None) -> None:
        old = self._put(key, new)
        if old != new and key not in self._being_written:
            self._changed(old, new)

    def _put(self, key: Key, new: T | None) -> T | None:
        old = self._objects.pop(key, None)
        if old is not None and (group := old.group) is not None:
            self._regroup(group, tuple(other for other in self._groups[group] if other is not old))
        if new is not None:
            self._objects[key] = new
            if (group := new.group) is not None:
                self._regroup(group, (*self._groups.get(group, ()), new))
        return old

    def _regroup(self, group: Key, members: tuple[T, ...]) -> None:
        if members:
            self._groups[group] = members
        else:
            del self._groups[group]


def key_of(raw: dict[str, Any]) -> Key:
    metadata = raw["metadata"]
    return intern(metadata["namespace"]), intern(metadata["name"])
