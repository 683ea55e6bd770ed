"""Logs of several pods in one stream."""

from collections.abc import Iterator
from itertools import islice
from typing import Any, cast

import pytest

from dataservice_operator.errors import Rejected
from kubectl_dataservice.cluster import logs
from kubectl_dataservice.cluster.client import Cluster
from kubectl_dataservice.errors import Exit, Problem

ASKED = logs.Asked("service", tail=10)


class Pods:
    """A cluster of which each pod's log answers one request after the other, and then with silence."""

    namespace = "shop"

    def __init__(self, **answers: list[list[str] | Problem]) -> None:
        self.asked: list[dict[str, str]] = []
        self._answers = answers

    def list(self, *_: Any, **__: str) -> list[dict[str, Any]]:
        times = {"name": "", "creationTimestamp": ""}
        return [{"metadata": {**times, "name": name}} for name in self._answers]

    def lines(self, path: str, **query: str) -> Iterator[str]:
        self.asked.append(query)
        answers = self._answers[path.split("/")[-2]]
        answer = answers.pop(0) if answers else []
        if isinstance(answer, Problem):
            raise answer
        yield from (f"2026-11-29T01:00:{line}" for line in answer)


def texts(lines: Iterator[logs.Line], count: int | None = None) -> list[str]:
    return [f"{line.pod} {line.text}" for line in islice(lines, count)]


def as_cluster(pods: Pods) -> Cluster:
    return cast("Cluster", pods)


def not_started() -> Problem:
    problem = Problem("container is waiting to start", Exit.NO)
    problem.__cause__ = Rejected(400, "BadRequest", "container is waiting to start")
    return problem


def test_logs_are_merged_by_time_and_a_pod_without_one_is_told() -> None:
    told: list[str] = []
    pods = Pods(a=[["00.5Z one", "02Z three"]], b=[["01.25Z two"]], c=[not_started()])
    assert texts(logs.written(as_cluster(pods), "orders", ASKED, told.append)) == [
        "a one",
        "b two",
        "a three",
    ]
    assert told == ["c: container is waiting to start"]


def test_a_log_that_ends_is_taken_up_where_it_was_with_no_line_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_EVERY", 0.01)
    told: list[str] = []
    again = ["01.100Z one", "01.200Z two", "01.300Z three"]
    pods = Pods(a=[not_started(), not_started(), ["01.100Z one", "01.200Z two"], again])
    lines = logs.followed(as_cluster(pods), "orders", ASKED, told.append)
    assert texts(lines, 3) == ["a one", "a two", "a three"]
    assert told == ["a: container is waiting to start"]
    assert pods.asked[3]["sinceTime"] == "2026-11-29T01:00:01Z"
    assert "tailLines" not in pods.asked[3]


def test_what_concerns_all_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logs, "_EVERY", 0.01)
    pods = Pods(a=[Problem("ask for a role that allows it", Exit.FORBIDDEN)])
    with pytest.raises(Problem, match="ask for a role"):
        texts(logs.followed(as_cluster(pods), "orders", ASKED, print), 1)
