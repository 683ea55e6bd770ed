"""On which nodes the pods run: the part of a pod's spec that spec.scheduling decides."""

from collections.abc import Mapping
from typing import Any

from dataservice_operator.crd.resource import DataService
from dataservice_operator.crd.scheduling import TopologySpreadConstraint
from dataservice_operator.render import names


def scheduling(parent: DataService) -> dict[str, Any]:
    wanted = parent.spec.scheduling
    selector = {"matchLabels": names.selector(parent.metadata.name)}
    parts: dict[str, Any] = {
        "nodeSelector": dict(wanted.node_selector),
        "tolerations": [_stored(toleration.model_dump(by_alias=True)) for toleration in wanted.tolerations],
        "affinity": _stored(wanted.affinity or {}),
        "priorityClassName": wanted.priority_class_name,
        "topologySpreadConstraints": [
            {**constraint.model_dump(by_alias=True, exclude_none=True), "labelSelector": selector}
            for constraint in wanted.topology_spread_constraints or (_ONE_NODE_IS_NOT_ENOUGH,)
        ],
    }
    return {name: value for name, value in parts.items() if value}


def _stored(value: Any) -> Any:
    """As the API server stores it: what it drops when it is empty would differ for ever."""
    if isinstance(value, Mapping):
        return {
            name: below if name == "matchLabels" else _stored(below)
            for name, below in value.items()
            if below not in (None, [], "") and (name, below) != ("matchLabels", {})
        }
    return [_stored(item) for item in value] if isinstance(value, list | tuple) else value


_ONE_NODE_IS_NOT_ENOUGH = TopologySpreadConstraint(
    max_skew=1, topology_key="kubernetes.io/hostname", when_unsatisfiable="ScheduleAnyway"
)
