"""A namespace of a real API server, an operator that watches it, and specs that follow each other there."""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, TypeVar

import httpx

from dataservice_operator.cluster.client import yaml
from dataservice_operator.cluster.kinds import CHILDREN, DATA_SERVICE, SECRET, Kind, kind_of
from dataservice_operator.cluster.ownership import FIELD_MANAGER
from dataservice_operator.crd.model import VALIDATIONS
from dataservice_operator.render import names
from dataservice_operator.settings import DEFAULT_IMAGE
from tests.faults.specs import oracles
from tests.faults.specs.oracles import Broken, Name, Raw, Seen, Settings, Verdict
from tests.faults.specs.rules import KNOWN_KEYS, KNOWN_NAMES
from tests.faults.specs.schema import parts, places, spec_schema, told
from tests.faults.specs.strategies import Sequence, Spec, Step, Verb
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubeconfig import credentials
from tests.support.kubectl import Kubectl, fresh_namespace
from tests.support.operator_process import OperatorProcess

T = TypeVar("T")

_PATIENCE_SECONDS: Final = 20.0
_RESYNC_SECONDS: Final = 1.0
_MOST_PODS: Final = 4
_SCHEMA: Final = {"type": "object", "required": ["sku"]}
_SETTINGS: Final = Settings(
    DEFAULT_IMAGE, {(name, key): _SCHEMA for name in KNOWN_NAMES for key in KNOWN_KEYS}
)
_OTHER: Final = "other"
"""A DataService that must be served whatever becomes of those under test."""


@dataclass
class Counts:
    """What happened: a campaign that compared nothing has shown nothing."""

    sequences: int = 0
    steps: Counter[str] = field(default_factory=Counter)
    admitted: int = 0
    refused_by_rule: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    """Refused, by what of the schema was broken."""
    leaves: Counter[str] = field(default_factory=Counter)
    """Admitted specs, by the leaves that were written in them."""
    equal: int = 0
    rejected: int = 0
    """Children that the API server refuses."""
    kept: Counter[str] = field(default_factory=Counter)
    ready: int = 0
    not_ready: Counter[str] = field(default_factory=Counter)
    there_and_back: int = 0

    def lacking(self) -> list[str]:
        """What a campaign of some length must have done, and did not."""
        judged = self.admitted + self.refused_by_rule
        facts = {
            "no child was compared": self.equal == 0,
            "no broken spec was refused": not self.broken,
            "no spec was there again after another": self.there_and_back == 0,
            "none was Ready": self.ready == 0,
            "none was not Ready": not self.not_ready,
            f"admitted {self.admitted} of {judged}": self.admitted < 0.7 * judged,
        }
        return [sentence for sentence, lacks in facts.items() if lacks]


class World:
    def __init__(self, kubectl: Kubectl, namespace: str, folder: Path) -> None:
        url, tls = credentials(kubectl.kubeconfig)
        self._http = httpx.Client(base_url=url, verify=tls, timeout=60)
        self._kubeconfig = kubectl.kubeconfig
        self._together = ThreadPoolExecutor(len(CHILDREN))
        self._namespace = namespace
        self._folder = folder
        self._told = 0
        self._operators = 0
        self._operator: OperatorProcess | None = None
        self.counts = Counts()

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

    def tell(self, sequence: Sequence) -> None:
        """Apply the specs one after another. Raises Broken, naming the step."""
        self._told += 1
        name = f"s{self._told}"
        try:
            _Story(self, name).tell(sequence)
            self.still_serves()
            self._at_rest()
        except BaseException:
            self._stop()
            raise
        finally:
            self._http.delete(self._path(DATA_SERVICE, name))
        self.counts.sequences += 1

    def apply(self, name: str, spec: Spec) -> httpx.Response:
        manifest = smallest(metadata={"name": name, "namespace": self._namespace})
        return self._apply(DATA_SERVICE, {**manifest, "spec": spec}, "gitops")

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
        replicas = self._told % 2
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

    def _at_rest(self) -> None:
        """The operator looks at each DataService twice more, and writes nothing."""
        operator = self._running()

        def looked() -> float:
            return operator.metric("dataservice_operator_reconcile_seconds_count")

        def at_rest() -> bool:
            begun, written = looked(), operator.metric("dataservice_operator_writes_total")
            self.wait("a look", lambda: looked() >= begun + 4)
            return operator.metric("dataservice_operator_writes_total") == written

        self.wait("rest: no write", at_rest)

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

    def _stop(self) -> None:
        """Whatever state a failure left it in: the next sequence begins with another one."""
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


class _Story:
    """One DataService from its first spec on."""

    def __init__(self, world: World, name: str) -> None:
        self._world = world
        self._name = name
        self._counts = world.counts
        self._before: Seen | None = None
        self._first: tuple[Seen, Verdict] | None = None

    def tell(self, sequence: Sequence) -> None:
        for number, step in enumerate(sequence, start=1):
            try:
                if step.verb is Verb.BREAK:
                    self._break(step)
                else:
                    self._follow(step)
            except Broken as error:
                where = told(step.path) if step.path else "all"
                found = Broken(f"step {number}, {step.verb} {where}: {error}")
                found.step = number
                raise found from error
            self._counts.steps[step.verb] += 1

    def _break(self, step: Step) -> None:
        answer = self._world.apply(self._name, step.spec)
        if answer.is_success:
            raise Broken(f"{step.keyword} is broken, and was admitted")
        message = str(answer.json().get("message"))
        if not _names(message, step):
            raise Broken(f"{step.keyword} is refused without naming {told(step.path)}: {message[:300]}")
        if self._before is not None:
            self._unchanged(self._before)
        self._counts.broken[step.keyword] += 1

    def _unchanged(self, before: Seen) -> None:
        after = self._world.look(self._name)
        if after is None:
            raise Broken("a refused spec made another generation")
        oracles.unchanged(before, after)

    def _follow(self, step: Step) -> None:
        answer = self._world.apply(self._name, step.spec)
        if not answer.is_success:
            self._refused(answer)
            return
        self._counts.admitted += 1
        self._counts.leaves.update({place.leaf for place in places(spec_schema(), step.spec)})
        seen, verdict = self._settled()
        if step.verb is Verb.BEGIN:
            self._first = seen, verdict
        if step.verb is Verb.AGAIN and self._first and not verdict.kept and not verdict.differing:
            self._again(seen)
        self._count(seen, verdict)
        self._before = seen

    def _again(self, seen: Seen) -> None:
        assert self._first is not None
        first, verdict = self._first
        if not verdict.kept and not verdict.differing:
            oracles.same_again(first, seen)
            self._counts.there_and_back += 1

    def _refused(self, answer: httpx.Response) -> None:
        """By a rule in CEL, in its own words; the schema alone admits each of these."""
        message = str(answer.json().get("message"))
        if not any(sentence in message for sentence in _sentences()):
            raise Broken(f"refused by no rule of the CRD: {answer.status_code} {message[:500]}")
        if self._before is not None:
            self._unchanged(self._before)
        self._counts.refused_by_rule += 1

    def _settled(self) -> tuple[Seen, Verdict]:
        """Once the operator has acted and all oracles hold. Raises Broken: what does not hold in the end."""
        last: list[Broken] = []

        def look() -> tuple[Seen, Verdict] | None:
            seen = self._world.look(self._name)
            try:
                return (seen, self._judged(seen)) if seen else None
            except Broken as error:
                last[:] = [error]
                return None

        try:
            return self._world.wait("the operator has acted", look)
        except Broken as error:
            raise Broken(f"it does not settle: {error}\n{last[-1] if last else ''}") from error

    def _judged(self, seen: Seen) -> Verdict:
        verdict = oracles.judged(seen, self._before, _SETTINGS)
        for manifest in () if verdict.kept else verdict.differing:
            if not self._world.refuses(manifest):
                live = seen.children.get((manifest["kind"], manifest["metadata"]["name"]))
                difference = oracles.describe(manifest, live)
                raise Broken(f"{manifest['kind']} is not what rendering says:\n{difference}")
        if verdict.surplus and not verdict.differing and not verdict.kept:
            raise Broken(f"not asked for, and there: {verdict.surplus}")
        oracles.ready_is_deserved(seen, verdict)
        return verdict

    def _count(self, seen: Seen, verdict: Verdict) -> None:
        counts = self._counts
        counts.equal += verdict.equal
        counts.rejected += len(verdict.differing)
        if verdict.kept:
            counts.kept[verdict.kept] += 1
        ready = next(each for each in seen.parent["status"]["conditions"] if each["type"] == "Ready")
        if ready["status"] == "True":
            counts.ready += 1
        else:
            counts.not_ready[ready["reason"]] += 1


def _sentences() -> list[str]:
    """The messages of the CRD's rules of the spec."""
    return [rule["message"] for _, part in parts(spec_schema()) for rule in part.get(VALIDATIONS, ())]


def _names(message: str, step: Step) -> bool:
    return told(step.path) in message


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
