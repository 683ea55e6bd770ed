"""A namespace of a real API server, and an operator that watches it."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TypeVar

import httpx

from dataservice_operator.cluster.client import yaml
from dataservice_operator.cluster.kinds import CHILDREN, DATA_SERVICE, SECRET, Kind, kind_of
from dataservice_operator.cluster.ownership import FIELD_MANAGER
from dataservice_operator.render import names
from dataservice_operator.settings import DEFAULT_IMAGE
from tests.faults.specs import oracles
from tests.faults.specs.oracles import Broken, Name, Raw, Seen, Settings
from tests.faults.specs.rules import KNOWN_KEYS, KNOWN_NAMES
from tests.faults.specs.strategies import Spec
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubeconfig import access
from tests.support.kubectl import Kubectl, fresh_namespace
from tests.support.operator_process import OperatorProcess

T = TypeVar("T")

_PATIENCE_SECONDS: Final = 20.0
_RESYNC_SECONDS: Final = 1.0
_MOST_PODS: Final = 4
_SCHEMA: Final = {"type": "object", "required": ["sku"]}
SETTINGS: Final = Settings(
    DEFAULT_IMAGE, {(name, key): _SCHEMA for name in KNOWN_NAMES for key in KNOWN_KEYS}
)
_OTHER: Final = "other"
"""A DataService that must be served whatever becomes of those under test."""


class World:
    def __init__(self, kubectl: Kubectl, namespace: str, folder: Path) -> None:
        to = access(kubectl.kubeconfig)
        self._http = httpx.Client(base_url=to.server, headers=to.headers, verify=to.tls, timeout=60)
        self._kubeconfig = kubectl.kubeconfig
        self._together = ThreadPoolExecutor(len(CHILDREN))
        self._namespace = namespace
        self._folder = folder
        self._operators = 0
        self._operator: OperatorProcess | None = None
        self._asked = self._named = 0

    def open(self) -> None:
        quota = {
            "apiVersion": "v1",
            "kind": "ResourceQuota",
            "metadata": {"name": "pods"},
            "spec": {"hard": {"pods": str(_MOST_PODS)}},
        }
        self._create("resourcequotas", quota)
        for name in KNOWN_NAMES:
            text = dict.fromkeys(KNOWN_KEYS, json.dumps(_SCHEMA))
            self._create("configmaps", {"metadata": {"name": name}, "data": text})
            self._create("secrets", {"metadata": {"name": name}, "stringData": text})
        self._start()

    def close(self) -> None:
        if self._operator is not None:
            self._operator.close()
        self._together.shutdown()
        self._http.close()

    def unused_name(self) -> str:
        """Of a DataService: what is left of others is of no concern to it."""
        self._named += 1
        return f"s{self._named}"

    def apply(self, name: str, spec: Spec) -> httpx.Response:
        manifest = smallest(metadata={"name": name, "namespace": self._namespace})
        return self._apply(DATA_SERVICE, {**manifest, "spec": spec}, "gitops")

    def drop(self, name: str) -> None:
        """Delete a DataService, without waiting for the end of its children."""
        self._http.delete(self._path(DATA_SERVICE, name))

    def refuses(self, manifest: Raw) -> bool:
        """Whether the API server would refuse this child, whoever applies it."""
        return self._apply(kind_of(manifest), manifest, FIELD_MANAGER, dryRun="All").is_client_error

    def look(self, name: str) -> Seen | None:
        """None while the operator has not acted on the last spec. Raises Broken: its status is not honest."""
        parent = self._read(self._path(DATA_SERVICE, name))
        oracles.honest(parent)
        if (parent.get("status") or {}).get("observedGeneration") != parent["metadata"]["generation"]:
            return None
        found = self._together.map(lambda kind: self._children(kind, name), CHILDREN)
        key = self._http.get(SECRET.path(self._namespace, names.cursor_secret(name)))
        uid = key.json()["metadata"]["uid"] if key.is_success else None
        return Seen(parent, {known: raw for each in found for known, raw in each.items()}, uid)

    def _children(self, kind: Kind, name: str) -> dict[Name, Raw]:
        query = {"labelSelector": f"{names.INSTANCE_LABEL}={name}"}
        return {
            (kind.name, item["metadata"]["name"]): {"apiVersion": kind.api_version, "kind": kind.name, **item}
            for item in self._read(kind.path(self._namespace), **query)["items"]
        }

    def still_serves(self) -> None:
        """Another DataService is acted on, and the operator is the process that it was."""
        self._asked += 1
        replicas = self._asked % 2
        spec = {**smallest()["spec"], "replicas": replicas}
        self.apply(_OTHER, spec).raise_for_status()
        self.wait("another DataService", lambda: self._served(replicas))
        log = self._running().log.read_text(errors="replace")
        if "Traceback" in log:
            raise Broken("the operator's log has a traceback:\n" + log[log.index("Traceback") :][:2000])

    def _served(self, replicas: int) -> bool:
        seen = self.look(_OTHER)
        if seen is None:
            return False
        live = seen.children.get(("Deployment", _OTHER))
        return live is not None and live["spec"]["replicas"] == replicas

    def at_rest(self) -> None:
        """The operator looks at each DataService twice more, and writes nothing."""
        operator = self._running()

        def looked() -> float:
            return operator.metric("dataservice_operator_reconcile_seconds_count")

        def wrote_nothing() -> bool:
            begun, written = looked(), operator.metric("dataservice_operator_writes_total")
            self.wait("a look", lambda: looked() >= begun + 4)
            return operator.metric("dataservice_operator_writes_total") == written

        self.wait("rest: no write", wrote_nothing)

    def wait(self, what: str, look: Callable[[], T | None]) -> T:
        """Until `look` is true. Raises Broken: it is not in time, or the operator ended."""
        running = self._running()

        def alive() -> T | None:
            if running.ended() is not None:
                raise Broken(f"the operator ended ({running.ended()}):\n{running.log.read_text()[-2000:]}")
            return look()

        try:
            answer = eventually(alive, seconds=_PATIENCE_SECONDS, every=0.1)
        except Broken:
            raise
        except (AssertionError, httpx.HTTPError) as error:
            raise Broken(f"{what}: {type(error).__name__}: {error}") from error
        assert answer is not None, "what `eventually` returns is true"
        return answer

    def _running(self) -> OperatorProcess:
        if self._operator is None:
            self._start()
        assert self._operator is not None
        return self._operator

    def _start(self) -> None:
        self._operators += 1
        log = self._folder / f"operator-{self._operators}.log"
        self._operator = OperatorProcess(
            self._kubeconfig, log, watch_namespaces=self._namespace, resync_seconds=_RESYNC_SECONDS
        )
        self._operator.start()

    def leave(self) -> None:
        """End the operator, whatever state a failure left it in: what comes next begins with another one."""
        if self._operator is not None:
            self._operator.close()
            self._operator = None

    def _path(self, kind: Kind, name: str) -> str:
        return kind.path(self._namespace, name)

    def _read(self, path: str, **query: str) -> Raw:
        answer = self._http.get(path, params=query)
        answer.raise_for_status()
        raw: Raw = answer.json()
        return raw

    def _create(self, plural: str, manifest: Raw) -> None:
        path = f"/api/v1/namespaces/{self._namespace}/{plural}"
        self._http.post(path, json=manifest).raise_for_status()

    def _apply(self, kind: Kind, manifest: Raw, manager: str, **query: str) -> httpx.Response:
        return self._http.patch(
            kind.path(self._namespace, manifest["metadata"]["name"]),
            params={"fieldManager": manager, "force": "true", **query},
            content=yaml(manifest),
            headers={"Content-Type": "application/apply-patch+yaml"},
        )


@contextmanager
def world(kubectl: Kubectl, folder: Path) -> Iterator[World]:
    """Of a namespace of its own. `folder` takes the operator's logs."""
    with fresh_namespace(kubectl) as namespace:
        made = World(kubectl, namespace, folder)
        try:
            made.open()
            yield made
        finally:
            made.close()
