"""The tree of a DataService's children: each with its state, and what is wrong with it, in a few words."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from dataservice_operator.cluster import kinds
from dataservice_operator.cluster.kinds import Kind
from kubectl_dataservice.cluster.family import Family
from kubectl_dataservice.cluster.kinds import ENDPOINT_SLICE
from kubectl_dataservice.pods import pod

Raw = Mapping[str, Any]

_ALWAYS: Final = (kinds.DEPLOYMENT, kinds.SERVICE, kinds.CONFIG_MAP, kinds.SERVICE_ACCOUNT)
_WHERE_ASKED_FOR: Final = {
    kinds.HORIZONTAL_POD_AUTOSCALER: ("autoscaling",),
    kinds.INGRESS: ("ingress",),
    kinds.POD_DISRUPTION_BUDGET: ("podDisruptionBudget",),
    kinds.NETWORK_POLICY: ("networkPolicy", "enabled"),
    kinds.SERVICE_MONITOR: ("monitoring", "serviceMonitor"),
    kinds.VOLUME_CLAIM: ("database", "embedded"),
}
"""Where the spec asks for a child."""


@dataclass(frozen=True)
class Node:
    kind: str
    name: str
    fine: bool | None
    """None where it cannot be known."""

    told: str
    below: tuple["Node", ...] = ()


def tree(parent: Raw, family: Family) -> tuple[Node, ...]:
    """Children in the order of their weight; one that the spec asks for and that is not there is told, too."""
    return tuple(node for kind in (*_ALWAYS, *_WHERE_ASKED_FOR) for node in _nodes(kind, parent, family))


def _nodes(kind: Kind, parent: Raw, family: Family) -> Iterator[Node]:
    if kind in family.unseen:
        yield Node(kind.name, "", fine=None, told=_no_right(kind))
        return
    found = family.of(kind)
    for raw in found:
        node = _node(kind, raw, family)
        yield replace(node, fine=False, told="is being removed") if _is_deleting(raw) else node
    if not found and _is_wanted(kind, parent):
        yield Node(kind.name, "", fine=False, told="is missing")


def _is_wanted(kind: Kind, parent: Raw) -> bool:
    value: Any = parent["spec"]
    for name in _WHERE_ASKED_FOR.get(kind, ()):
        value = (value or {}).get(name)
    return value is not None and value is not False


def _node(kind: Kind, raw: Raw, family: Family) -> Node:
    name = raw["metadata"]["name"]
    match kind:
        case kinds.DEPLOYMENT:
            return _deployment(raw, family)
        case kinds.SERVICE:
            fine, told = _service(raw, family)
        case kinds.HORIZONTAL_POD_AUTOSCALER:
            fine, told = _autoscaler(raw)
        case kinds.VOLUME_CLAIM:
            fine, told = _claim(raw)
        case kinds.POD_DISRUPTION_BUDGET:
            fine, told = _disruption_budget(raw)
        case kinds.INGRESS:
            fine, told = _ingress(raw)
        case _:
            fine, told = True, ""
    return Node(kind.name, name, fine, told)


def _deployment(raw: Raw, family: Family) -> Node:
    spec, status = raw["spec"], raw.get("status") or {}
    wanted, ready = spec.get("replicas", 1), status.get("readyReplicas", 0)
    updated = status.get("updatedReplicas", 0)
    told = f"{ready} of {wanted} ready" + (f", {updated} up to date" if updated != wanted else "")
    failed = next((c for c in status.get("conditions") or () if c["type"] == "ReplicaFailure"), None)
    told += f"; {failed['message']}" if failed else ""
    told += "; paused" if spec.get("paused") else ""
    below = tuple(_replica_sets(raw, family)) or _unseen(kinds.REPLICA_SET, family)
    fine = ready >= wanted and updated >= wanted and failed is None
    return Node(kinds.DEPLOYMENT.name, raw["metadata"]["name"], fine, told, below)


def _replica_sets(deployment: Raw, family: Family) -> Iterator[Node]:
    """Those with pods, the newest first."""
    owned = [raw for raw in family.of(kinds.REPLICA_SET) if _is_of(raw, deployment)]
    for raw in sorted(owned, key=_revision, reverse=True):
        wanted, status = raw["spec"].get("replicas", 0), raw.get("status") or {}
        if not wanted and not status.get("replicas"):
            continue
        ready = status.get("readyReplicas", 0)
        pods = sorted((each for each in family.of(kinds.POD) if _is_of(each, raw)), key=_name)
        below = tuple(Node("Pod", _name(each), *pod(each)) for each in pods) or _unseen(kinds.POD, family)
        told = f"{ready} of {wanted} ready, revision {_revision(raw)}"
        yield Node(kinds.REPLICA_SET.name, _name(raw), ready >= wanted, told, below)


def _unseen(kind: Kind, family: Family) -> tuple[Node, ...]:
    if kind not in family.unseen:
        return ()
    return (Node(kind.name, "", fine=None, told=_no_right(kind)),)


def _no_right(kind: Kind) -> str:
    return f"cannot be seen: no right to list {kind.plural}"


def _service(raw: Raw, family: Family) -> tuple[bool, str]:
    spec = raw["spec"]
    where = f"{spec.get('type', 'ClusterIP')} {spec.get('clusterIP', '')}".strip()
    if ENDPOINT_SLICE in family.unseen:
        return True, where
    endpoints = [each for part in family.of(ENDPOINT_SLICE) for each in part.get("endpoints") or ()]
    ready = sum((each.get("conditions") or {}).get("ready") is not False for each in endpoints)
    return ready > 0, f"{where}, " + (f"{ready} endpoints" if ready != 1 else "1 endpoint")


def _autoscaler(raw: Raw) -> tuple[bool, str]:
    spec, status = raw["spec"], raw.get("status") or {}
    told = (
        f"{spec.get('minReplicas', 1)} to {spec['maxReplicas']} pods, now {status.get('currentReplicas', 0)}"
    )
    for condition in status.get("conditions") or ():
        if condition["type"] in ("AbleToScale", "ScalingActive") and condition["status"] == "False":
            return False, f"{told}; {condition.get('reason')}: {condition.get('message')}"
    return True, told


def _claim(raw: Raw) -> tuple[bool, str]:
    phase = (raw.get("status") or {}).get("phase", "Pending")
    size = raw["spec"]["resources"]["requests"]["storage"]
    return phase == "Bound", f"{phase}, {size}"


def _disruption_budget(raw: Raw) -> tuple[bool, str]:
    allowed = (raw.get("status") or {}).get("disruptionsAllowed", 0)
    return True, f"{allowed} {'pod' if allowed == 1 else 'pods'} may be drained now"


def _ingress(raw: Raw) -> tuple[bool, str]:
    hosts = ", ".join(rule.get("host", "*") for rule in raw["spec"].get("rules") or ())
    balancer = ((raw.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
    at = ", ".join(each.get("ip") or each.get("hostname", "") for each in balancer)
    return True, f"{hosts} at {at}" if at else f"{hosts}, without an address yet"


def _is_of(raw: Raw, owner: Raw) -> bool:
    references = raw["metadata"].get("ownerReferences") or ()
    return any(reference["uid"] == owner["metadata"]["uid"] for reference in references)


def _is_deleting(raw: Raw) -> bool:
    return "deletionTimestamp" in raw["metadata"]


def _revision(raw: Raw) -> int:
    return int((raw["metadata"].get("annotations") or {}).get("deployment.kubernetes.io/revision", 0))


def _name(raw: Raw) -> str:
    name: str = raw["metadata"]["name"]
    return name


def lines(nodes: Sequence[Node], indent: str = "") -> Iterator[tuple[str, Node]]:
    """Each node with the branch that leads to it, top to bottom."""
    for node in nodes:
        last = node is nodes[-1]
        yield f"{indent}{'└─' if last else '├─'} {node.kind}/{node.name}".rstrip("/"), node
        yield from lines(node.below, indent + ("   " if last else "│  "))
