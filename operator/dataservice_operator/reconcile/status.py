"""The status that a situation deserves: pure, so that each reason can be read, and tested, in one place.

Conditions follow kstatus (https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/README.md): Ready sums
up, Reconciling says that waiting may help, Stalled that only a change will.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from dataservice_operator.crd.resource import DataService
from dataservice_operator.crd.status import Condition, DataServiceStatus
from dataservice_operator.reconcile.observed import Deployment
from dataservice_operator.reconcile.observed_pod import Pod
from dataservice_operator.reconcile.problem import Problem
from dataservice_operator.reconcile.rollout import answering, roll, rollout
from dataservice_operator.render import names
from dataservice_operator.render.service import url

Status = Literal["True", "False", "Unknown"]
TIME: Final = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True)
class Verdict:
    """One condition without its bookkeeping."""

    status: Status
    reason: str
    message: str


_BLIND: Final = Verdict("Unknown", "Forbidden", "the operator may not watch Deployments")
_NOTHING: Final = DataServiceStatus()


@dataclass(frozen=True)
class Situation:
    parent: DataService
    image: str | None
    deployment: Deployment | None
    pods: tuple[Pod, ...] | None
    """None where the operator may not watch them."""

    problems: tuple[Problem, ...]
    database: Verdict
    cause: Problem | None
    """What an unready pod says of itself; it knows best why it is not ready."""

    now: datetime
    progress_deadline_seconds: int
    written: bool = False
    """Whether the Deployment has just been written, so that it may be about to roll."""

    blind: bool = False
    """Whether Deployments may not be watched, so that nothing of this one is known."""

    absent: tuple[str, ...] = ()
    """Kinds of wanted children that the cluster does not have."""


def status(situation: Situation) -> dict[str, Any]:
    """The status as applied. Every key and every condition type is always there, so that nothing stale is left."""
    parent, deployment = situation.parent, situation.deployment
    last = parent.status if situation.blind else _NOTHING
    return {
        "observedGeneration": parent.metadata.generation,
        "replicas": deployment.replicas if deployment else last.replicas or 0,
        "readyReplicas": answering(deployment, situation.pods) if deployment else last.ready_replicas or 0,
        "selector": ",".join(f"{key}={value}" for key, value in names.selector(parent.metadata.name).items()),
        "url": url(parent),
        **({"image": situation.image} if situation.image else {}),
        "conditions": [
            _condition(situation, kind, verdict) for kind, verdict in _verdicts(situation).items()
        ],
    }


def stalls_in(situation: Situation) -> float | None:
    """Seconds until what is not ready now counts as stalled; None when time decides nothing."""
    verdicts = _verdicts(situation)
    if verdicts["Reconciling"].status == "False":
        return None
    return max(0.0, situation.progress_deadline_seconds - _seconds_reconciling(situation)) + 1


def _verdicts(situation: Situation) -> dict[str, Verdict]:
    problem = _worst(situation)
    if problem is None:
        ready = _ready(situation)
        reconciling = stalled = Verdict("False", ready.reason, "")
    else:
        ready = Verdict("False", problem.reason, problem.message)
        is_stalled = not problem.heals or _overdue(situation, problem)
        stalled = Verdict(
            "True" if is_stalled else "False", problem.reason, problem.message if is_stalled else ""
        )
        reconciling = Verdict(
            "False" if is_stalled else "True", problem.reason, "" if is_stalled else problem.message
        )
    verdicts = {
        "Ready": ready,
        "Reconciling": reconciling,
        "Stalled": stalled,
        "Available": _available(situation),
        "Progressing": _progressing(situation),
        "DatabaseReachable": situation.database,
        "Suspended": _suspended(situation.parent),
    }
    return {**verdicts, **(dict.fromkeys(("Available", "Progressing"), _BLIND) if situation.blind else {})}


def _suspended(parent: DataService) -> Verdict:
    if parent.spec.suspend:
        return Verdict("True", "Suspended", "spec.suspend is true: the children are left as they are")
    return Verdict("False", "Active", "the children are kept as the spec asks")


def _available(situation: Situation) -> Verdict:
    if situation.deployment is not None and answering(situation.deployment, situation.pods):
        return Verdict("True", "PodsAvailable", "at least one pod answers requests")
    return Verdict("False", "NoPodAvailable", "no pod answers requests")


def _progressing(situation: Situation) -> Verdict:
    """The roll and nothing else: pods that run what was applied last may answer or not."""
    rolling = roll(situation.parent, situation.deployment, settled=_settled(situation))
    if rolling is None:
        return Verdict("False", "Complete", "every pod runs what was applied last")
    return Verdict("True", rolling.reason, rolling.message)


def _worst(situation: Situation) -> Problem | None:
    """What an edit must heal comes first, then a right that we lack, then what else keeps us from applying, then what
    keeps the pods from starting.
    """
    if situation.problems:
        return min(situation.problems, key=lambda problem: (problem.heals, problem.reason != "Forbidden"))
    waiting = rollout(situation.parent, situation.deployment, situation.pods, settled=_settled(situation))
    return waiting and (situation.cause or waiting)


def _settled(situation: Situation) -> bool:
    """Whether this spec was ready before, and nothing was written since."""
    ready = _before(situation, "Ready")
    return (
        ready is not None
        and ready.status == "True"
        and _of_this_spec(situation, ready)
        and not situation.written
    )


def _ready(situation: Situation) -> Verdict:
    deployment = situation.deployment
    absent = "".join(f"; no {kind} is made: the cluster does not have the kind" for kind in situation.absent)
    if deployment is None or deployment.wanted == 0:
        return Verdict("True", "ScaledToZero", f"replicas is 0: nothing runs, as asked{absent}")
    answer = answering(deployment, situation.pods)
    return Verdict("True", "PodsReady", f"{answer} of {deployment.wanted} pods answer requests{absent}")


def _overdue(situation: Situation, problem: Problem) -> bool:
    """Whether what may heal by itself has been given its time, for the spec at hand."""
    before = _before(situation, "Stalled")
    if before is not None and before.status == "True" and before.reason == problem.reason:
        return _of_this_spec(situation, before)
    return _seconds_reconciling(situation) >= situation.progress_deadline_seconds


def _seconds_reconciling(situation: Situation) -> float:
    """How long this spec has been on its way: the time that an earlier one took does not count."""
    before = _before(situation, "Reconciling")
    if before is None or before.status != "True" or not _of_this_spec(situation, before):
        return 0.0
    return (situation.now - datetime.fromisoformat(before.last_transition_time)).total_seconds()


def _of_this_spec(situation: Situation, condition: Condition) -> bool:
    return condition.observed_generation == situation.parent.metadata.generation


def _before(situation: Situation, kind: str) -> Condition | None:
    return next((known for known in situation.parent.status.conditions if known.type == kind), None)


def _condition(situation: Situation, kind: str, verdict: Verdict) -> dict[str, Any]:
    before = _before(situation, kind)
    kept = before is not None and before.status == verdict.status
    if before is not None and kind == "Reconciling":  # the progress deadline counts from here
        kept = kept and _of_this_spec(situation, before)
    return {
        "type": kind,
        "status": verdict.status,
        "reason": verdict.reason,
        "message": verdict.message,
        "lastTransitionTime": before.last_transition_time
        if before and kept
        else situation.now.strftime(TIME),
        "observedGeneration": situation.parent.metadata.generation,
    }
