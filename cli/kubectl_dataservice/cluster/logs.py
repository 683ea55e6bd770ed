"""Logs of all pods of a DataService: as they are, in the order of time, or as they are written."""

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from queue import Empty, Queue
from threading import Event, Thread
from typing import Final

from dataservice_operator.errors import NotFound, Rejected
from kubectl_dataservice.cluster.client import Cluster
from kubectl_dataservice.cluster.kinds import POD
from kubectl_dataservice.cluster.pods import pods
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.log_lines import sortable, stamped

_EVERY: Final = 1.0

Told = Callable[[str], None]
"""Takes what keeps one pod's log from being read, where the others go on."""


@dataclass(frozen=True)
class Asked:
    container: str
    previous: bool = False
    since_seconds: int | None = None
    tail: int | None = None

    def query(self) -> dict[str, str]:
        asked = {
            "container": self.container,
            "timestamps": "true",
            "previous": "true" if self.previous else None,
            "sinceSeconds": self.since_seconds,
            "tailLines": self.tail,
        }
        return {name: str(value) for name, value in asked.items() if value is not None}


@dataclass(frozen=True)
class Line:
    pod: str
    instant: str
    text: str


def written(cluster: Cluster, name: str, asked: Asked, told: Told) -> Iterator[Line]:
    """What the pods' logs hold now, merged by time and held by nobody as a whole."""
    logs = [_log(cluster, pod, asked, told) for pod in _names(cluster, name)]
    return heapq.merge(*logs, key=lambda line: sortable(line.instant))


def followed(cluster: Cluster, name: str, asked: Asked, told: Told) -> Iterator[Line]:
    """What the pods write, also those that come later, without an end."""
    followers: dict[str, _Follower] = {}
    come: Queue[Line | Problem] = Queue()
    while True:
        there = _names(cluster, name)
        for pod in there:
            if pod not in followers:
                followers[pod] = _Follower(cluster, pod, asked, come, told)
        for pod in followers.keys() - there:
            followers.pop(pod).gone.set()
        asked = Asked(asked.container)  # of who comes later, all
        yield from _lines(come)


def _lines(come: "Queue[Line | Problem]") -> Iterator[Line]:
    """What comes until nothing does for a moment."""
    try:
        while True:
            line = come.get(timeout=_EVERY)
            if isinstance(line, Problem):
                raise line
            yield line
    except Empty:
        return


def _names(cluster: Cluster, name: str) -> list[str]:
    return [pod["metadata"]["name"] for pod in pods(cluster, name)]


def _log(cluster: Cluster, pod: str, asked: Asked, told: Told) -> Iterator[Line]:
    try:
        yield from _read(cluster, pod, asked.query())
    except Problem as problem:
        if not _of_one_pod(problem):
            raise
        told(f"{pod}: {problem}")


def _read(cluster: Cluster, pod: str, query: dict[str, str]) -> Iterator[Line]:
    for text in cluster.lines(POD.path(cluster.namespace, pod, "log"), **query):
        yield Line(pod, *stamped(text))


def _of_one_pod(problem: Problem) -> bool:
    """It has not started yet, has no previous container, or has gone."""
    return isinstance(problem.__cause__, NotFound | Rejected)


class _Follower:
    """A thread that reads one pod's log, and goes on where it stopped when container or connection end."""

    def __init__(
        self, cluster: Cluster, pod: str, asked: Asked, come: "Queue[Line | Problem]", told: Told
    ) -> None:
        self.gone = Event()
        self._cluster, self._pod, self._asked, self._come, self._told = cluster, pod, asked, come, told
        self._last = ""
        self._waiting_for = ""
        Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                self._follow()
            except Problem as problem:
                if not _of_one_pod(problem) and problem.exit_code is not Exit.UNREACHABLE:
                    self._come.put(problem)
                    return
                self._tell(str(problem))
            if self.gone.wait(_EVERY):
                return

    def _follow(self) -> None:
        query = {**self._asked.query(), "follow": "true"}
        if self._last:
            # Whole seconds, as the kubelet takes them: what was read already is passed over below.
            query = {"container": self._asked.container, "timestamps": "true", "follow": "true"}
            query["sinceTime"] = self._last.split(".")[0].rstrip("Z") + "Z"
        before = self._last
        for line in _read(self._cluster, self._pod, query):
            instant = sortable(line.instant)
            if instant > before:
                self._last = instant
                self._come.put(line)

    def _tell(self, problem: str) -> None:
        if problem != self._waiting_for and not self.gone.is_set():
            self._waiting_for = problem
            self._told(f"{self._pod}: {problem}")
