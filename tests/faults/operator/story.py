"""What happens to one DataService from its birth on, and what is left of it: the same in every run."""

import difflib
import json
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import httpx

from dataservice_operator.cluster.kinds import CHILDREN
from tests.apiserver.scene import Scene
from tests.faults.operator.plans import Fault, Plan, Signature
from tests.faults.operator.proxy import FaultingProxy, Write
from tests.support.eventually import eventually
from tests.support.honest import assert_honest
from tests.support.kubeconfig import without_credentials
from tests.support.kubectl import Kubectl, fresh_namespace
from tests.support.operator_process import OperatorProcess

_RESYNC_SECONDS: Final = 1.0
_RELIST_SECONDS: Final = 2.0
_PATIENCE_SECONDS: Final = 60.0
_LEASE: Final = {"lease_duration_seconds": 3, "lease_renew_deadline_seconds": 2, "lease_retry_seconds": 0.5}
_LEADERSHIP_LOST: Final = 1
_CREATED, _OK = 201, 200
_VOLATILE: Final = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields")
_UID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_REVISION: Final = "deployment.kubernetes.io/revision"
_FULL: Final = {"ingress": {"host": "orders.example.com"}, "podDisruptionBudget": {"minAvailable": 1}}


def _born(scene: Scene) -> None:
    scene.apply(spec=_FULL)


def _changed(scene: Scene) -> None:
    scene.apply(spec={**_FULL, "replicas": 3, "data": {"schema": {"type": "object", "required": ["sku"]}}})


def _reduced(scene: Scene) -> None:
    scene.apply(spec={"replicas": 3})


def _robbed(scene: Scene) -> None:
    scene("delete", "service", "orders")


STEPS: Final[Sequence[Callable[[Scene], None]]] = (_born, _changed, _reduced, _robbed)


@dataclass(frozen=True)
class Outcome:
    """What one run came to."""

    objects: Mapping[str, Any]
    """By kind and name, without what differs between any two runs."""
    created: Counter[str]
    deleted: Counter[str]
    writes: Sequence[Signature]
    events: Sequence[Signature]


class Broken(AssertionError):
    """An oracle found that something does not hold."""


def told(kubectl: Kubectl, folder: Path, plan: Plan | None = None) -> Outcome:
    """Run the story. Raises Broken; FaultMissing if what was planned did not happen."""
    with fresh_namespace(kubectl) as namespace:
        return _Run(kubectl, folder, namespace, plan).told()


class FaultMissing(Exception):
    """The run had no such write or event: nothing was tested."""


class _Operator(OperatorProcess):
    lease_seconds: float = _LEASE["lease_duration_seconds"]
    lives = 0

    def start(self) -> "_Operator":
        super().start()
        self.lives += 1
        return self

    def wait(self) -> int:
        try:
            code = super().wait()
        except subprocess.TimeoutExpired as error:
            raise Broken("it goes on though its lease is lost") from error
        if code != _LEADERSHIP_LOST:
            raise Broken(f"it ended with {code} when its lease was lost")
        return code

    def rest(self) -> None:
        eventually(lambda: (self.looked() or 0) >= 2, seconds=_PATIENCE_SECONDS)

    def looked(self) -> float | None:
        """How often it has looked at its DataService since it was started; None while it is down."""
        try:
            return self.metric("dataservice_operator_reconcile_seconds_count")
        except httpx.TransportError:
            return None


class _Run:
    def __init__(self, kubectl: Kubectl, folder: Path, namespace: str, plan: Plan | None) -> None:
        self._plan = plan
        self._namespace = namespace
        self._relists = plan is not None and plan.fault is Fault.DROP
        settings: dict[str, Any] = {"watch_namespaces": namespace, "resync_seconds": _RESYNC_SECONDS}
        if self._relists:
            settings["relist_seconds"] = _RELIST_SECONDS
        if plan is not None and plan.fault is Fault.LEASE:
            settings |= {"leader_election": True, "lease_namespace": namespace, **_LEASE}
        kubeconfig = folder / "kubeconfig"
        self._operator = _Operator(kubeconfig, folder / "operator.log", **settings)
        self._proxy = FaultingProxy(kubectl.kubeconfig, plan, self._operator)
        self._scene = Scene(kubectl, namespace, self._operator)
        kubeconfig.write_text(json.dumps(without_credentials(self._proxy.start())))

    def told(self) -> Outcome:
        try:
            self._operator.start()
            for number, step in enumerate(STEPS):
                self._proxy.journal.step = number
                step(self._scene)
                self._settle()
            return self._outcome()
        finally:
            self._operator.close()
            self._proxy.close()

    def _settle(self) -> None:
        """Until it has looked at its DataService twice, and at all again if it lost an event, without a write."""
        try:
            eventually(self._at_rest, seconds=_PATIENCE_SECONDS, every=0.3)
        except AssertionError as error:
            raise Broken(f"it does not settle: {error}") from error

    def _at_rest(self) -> bool:
        parent = self._scene.get("dataservice", "orders")
        assert_honest(parent)
        if parent["status"].get("observedGeneration") != parent["metadata"]["generation"]:
            return False
        journal, operator = self._proxy.journal, self._operator
        written, lives, looked, lists = (
            len(journal.writes),
            operator.lives,
            operator.looked(),
            journal.lists.copy(),
        )
        if looked is None or self._proxy.busy:
            return False
        eventually(
            lambda: (
                operator.lives > lives
                or self._proxy.busy
                or ((operator.looked() or 0) >= looked + 2 and self._listed_since(lists))
            ),
            seconds=_PATIENCE_SECONDS,
            every=0.1,
        )
        return len(journal.writes) == written and operator.lives == lives and not self._proxy.busy

    def _listed_since(self, before: Counter[str]) -> bool:
        """Twice: the first may have begun before."""
        now = self._proxy.journal.lists.copy()
        return not self._relists or all(now[path] >= count + 2 for path, count in before.items())

    def _outcome(self) -> Outcome:
        journal = self._proxy.journal
        if self._plan is not None and not self._proxy.fired:
            raise FaultMissing(f"{self._plan}: {len(journal.writes)} writes, {len(journal.events)} events")
        if journal.unlicensed:
            raise Broken(f"sent without a lease: {', '.join(journal.unlicensed)}")
        if journal.of_the_past:
            raise Broken(f"lists that may be answered from the past: {', '.join(journal.of_the_past)}")
        for write in journal.writes:
            _check_honest(write)
        made = [each for each in journal.writes if each.status == _CREATED]
        removed = [each for each in journal.writes if each.method == "DELETE" and each.status == _OK]
        return Outcome(
            self._objects(),
            Counter(self._plain(each.path) for each in made),
            Counter(self._plain(each.path) for each in removed),
            [each.signature for each in journal.writes],
            list(journal.events),
        )

    def _objects(self) -> dict[str, Any]:
        kinds = ",".join(["dataservices.dataservice.dev", *(kind.plural for kind in CHILDREN)])
        items = [_stable(json.loads(self._plain(json.dumps(each)))) for each in self._scene.list(kinds)]
        for each in items:
            # Others write the status of children, and their work goes on; a condition's message counts their pods.
            if each["kind"] == "DataService":
                for condition in each["status"]["conditions"]:
                    condition.pop("message")
            else:
                each.pop("status", None)
        return {f"{each['kind']}/{each['metadata']['name']}": each for each in items}

    def _plain(self, text: str) -> str:
        return _UID.sub("uid", text.replace(self._namespace, "namespace"))


def _check_honest(write: Write) -> None:
    if write.path.endswith("/status") and write.status == _OK:
        try:
            assert_honest(json.loads(write.answer))
        except AssertionError as error:
            raise Broken(f"a status that was written is not honest: {error}") from error


def _stable(raw: Any) -> Any:
    """Without times, identities and addresses, which differ between any two runs."""
    if isinstance(raw, list):
        return [_stable(each) for each in raw]
    if not isinstance(raw, dict):
        return raw
    return {
        name: _stable(value)
        for name, value in raw.items()
        if name not in _VOLATILE and not re.fullmatch(r"last\w+Time|clusterIPs?|nodePort", name)
    }


def _difference(planned: Any, found: Any) -> str:
    before, after = (json.dumps(each, indent=1, sort_keys=True).splitlines() for each in (planned, found))
    return "\n".join(difflib.unified_diff(before, after, "planned", "found", n=1, lineterm=""))


def compared(reference: Outcome, disturbed: Outcome, fault: Fault | None = None) -> None:
    """The same objects in the end, and nothing made or removed once more or less. Raises Broken.

    After `Fault.STALE`, what was made and removed before may be made and removed once more, and a Deployment have more
    revisions: who is shown an old spec cannot know it. No API server shows one, since the operator's lists ask for the
    most recent data; that it comes to the same in the end even so is what this fault is for.
    """
    if not reference.objects or not reference.created or not reference.deleted:
        raise Broken("the undisturbed run shows nothing to compare with")
    planned, found = reference.objects, disturbed.objects
    made, removed = disturbed.created, disturbed.deleted
    if fault is Fault.STALE:
        planned, found = _without_revisions(planned), _without_revisions(found)
        again = (made - reference.created) & (removed - reference.deleted)
        again = Counter({path: count for path, count in again.items() if path in reference.created})
        made, removed = made - again, removed - again
    differing = [name for name in sorted({*planned, *found}) if planned.get(name) != found.get(name)]
    if differing:
        first = differing[0]
        raise Broken(
            f"other objects in the end: {', '.join(differing)}; of the first:\n"
            + _difference(planned.get(first), found.get(first))
        )
    for verb, before, done in (("created", reference.created, made), ("deleted", reference.deleted, removed)):
        if before != done:
            raise Broken(f"{verb}: more {dict(done - before)}, less {dict(before - done)}")


def _without_revisions(objects: Mapping[str, Any]) -> dict[str, Any]:
    copied = deepcopy(dict(objects))
    for each in copied.values():
        each.get("metadata", {}).get("annotations", {}).pop(_REVISION, None)
    return copied
