"""The state of one DataService in words: whether it is ready, why not, what to do."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dataservice_operator.crd.reasons import REASONS

Raw = Mapping[str, Any]

NOT_SEEN: Final = "NotObserved"
"""Our own word, where no operator has written one."""

_NO_OPERATOR: Final = (
    "see that the operator runs and watches namespace {namespace}: "
    "kubectl get pods -A -l app.kubernetes.io/name=dataservice-operator"
)


@dataclass(frozen=True)
class State:
    name: str
    namespace: str
    ready: bool
    stalled: bool
    """Whether waiting is of no use."""

    reason: str
    message: str
    meaning: str
    remedy: str
    """What to do; empty where nothing is."""


def state(raw: Raw) -> State:
    """What a DataService's conditions come to, for the spec that it has now."""
    ready = condition(raw, "Ready")
    current = _is_current(raw)
    reason = ready.get("reason", NOT_SEEN) if current else NOT_SEEN
    is_ready = current and ready.get("status") == "True"
    explained = REASONS.get(reason)
    meaning = explained.meaning if explained else ""
    remedy = explained.remedy if explained else ""
    message = ready.get("message", "")
    if reason == NOT_SEEN:
        known = (raw.get("status") or {}).get("observedGeneration", -1) >= 0
        meaning = (
            "The operator has not acted on the last change yet." if known else "No operator has seen it yet."
        )
        message, remedy = "", _NO_OPERATOR
    metadata = raw["metadata"]
    names = {"name": metadata["name"], "namespace": metadata["namespace"]}
    return State(
        **names,
        ready=is_ready,
        stalled=current and condition(raw, "Stalled").get("status") == "True",
        reason=reason,
        message=message,
        meaning=meaning,
        remedy=remedy.format(**names),
    )


def conditions(raw: Raw) -> Sequence[Raw]:
    found: Sequence[Raw] = (raw.get("status") or {}).get("conditions") or ()
    return found


def condition(raw: Raw, kind: str) -> Raw:
    """Empty where it is not there."""
    return next((each for each in conditions(raw) if each.get("type") == kind), {})


def _is_current(raw: Raw) -> bool:
    """Whether the status speaks of the spec of now."""
    observed: int = (raw.get("status") or {}).get("observedGeneration", -1)
    generation: int = raw["metadata"].get("generation", 0)
    return observed >= generation
