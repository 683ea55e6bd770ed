"""A real Prometheus as a process of this machine, and what it answers."""

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.cluster.ports import free_port
from tests.support.eventually import eventually


class Prometheus:
    def __init__(self, program: Path, folder: Path, configuration: Mapping[str, Any]) -> None:
        self._program = program
        self._folder = folder
        self._configuration = configuration
        self._process: subprocess.Popen[bytes] | None = None
        self._client = httpx.Client(timeout=30, trust_env=False)

    def start(self) -> "Prometheus":
        """Return when it answers."""
        port = free_port()
        file = self._folder / "prometheus.yaml"
        file.write_text(yaml.safe_dump(self._configuration))
        self._client.base_url = httpx.URL(f"http://127.0.0.1:{port}")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [
                    self._program,
                    f"--config.file={file}",
                    f"--storage.tsdb.path={self._folder / 'data'}",
                    f"--web.listen-address=127.0.0.1:{port}",
                    "--log.level=warn",
                ],
                stdout=log,
                stderr=log,
            )
        eventually(self._ready)
        return self

    def close(self) -> None:
        self._client.close()
        if self._process is not None:
            self._process.terminate()
            self._process.wait(timeout=30)

    def query(self, expression: str) -> list[dict[str, Any]]:
        """The vector that an expression is now."""
        result: list[dict[str, Any]] = self._get("query", query=expression)["result"]
        return result

    def query_range(self, expression: str, start: float, end: float, step: float) -> list[dict[str, Any]]:
        result: list[dict[str, Any]] = self._get(
            "query_range", query=expression, start=start, end=end, step=step
        )["result"]
        return result

    def labels_of(self, metric: str) -> set[str]:
        """The names of labels that its series have; empty where there is no such series."""
        series: list[dict[str, str]] = self._get("series", **{"match[]": metric})
        return {name for each in series for name in each}

    def parsed(self, expression: str) -> dict[str, Any]:
        """The expression as Prometheus itself reads it."""
        tree: dict[str, Any] = self._get("parse_query", query=expression)
        return tree

    def rules(self) -> list[dict[str, Any]]:
        return [rule for group in self._get("rules")["groups"] for rule in group["rules"]]

    def _get(self, what: str, **parameters: Any) -> Any:
        answer = self._client.get(f"/api/v1/{what}", params=parameters)
        assert answer.status_code == httpx.codes.OK, f"{parameters}: {answer.text}"
        return answer.json()["data"]

    @property
    def _log(self) -> Path:
        return self._folder / "prometheus.log"

    def _ready(self) -> bool:
        assert self._process is not None
        if self._process.poll() is not None:
            raise RuntimeError(f"Prometheus ended:\n{self._log.read_text()[-2000:]}")
        try:
            return self._client.get("/-/ready").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False


@dataclass(frozen=True)
class Selector:
    """What a query takes from the store."""

    metric: str
    matched: tuple[tuple[str, str, str], ...]
    """Label, `=` or `!=` or `=~` or `!~`, and value."""

    grouped: frozenset[str]
    """Labels by which what is above it groups or joins."""

    @property
    def labels(self) -> frozenset[str]:
        return self.grouped | {label for label, _, _ in self.matched}


def selectors(tree: Any, grouped: frozenset[str] = frozenset()) -> Iterator[Selector]:
    """Every selector in a query that Prometheus has parsed."""
    if isinstance(tree, list):
        for part in tree:
            yield from selectors(part, grouped)
    if not isinstance(tree, dict):
        return
    if tree.get("type") in ("vectorSelector", "matrixSelector"):
        matchers = ((each["name"], each["type"], each["value"]) for each in tree["matchers"])
        yield Selector(tree["name"], tuple(each for each in matchers if each[0] != "__name__"), grouped)
        return
    joined = tree.get("matching") or {}
    below = grouped | set(tree.get("grouping", ())) | set(joined.get("labels", ()))
    for part in tree.values():
        yield from selectors(part, below)
