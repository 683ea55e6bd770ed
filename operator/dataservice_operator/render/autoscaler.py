"""The HorizontalPodAutoscaler, where the spec asks for one."""

from typing import Any, Final

from dataservice_operator.crd.autoscaling import Autoscaling
from dataservice_operator.crd.resource import DataService
from dataservice_operator.render.metadata import Manifest, child_metadata

DEFAULT_CPU_PERCENT: Final = 70


def autoscaler(parent: DataService) -> Manifest | None:
    wanted = parent.spec.autoscaling
    if wanted is None:
        return None
    return {
        "apiVersion": "autoscaling/v2",
        "kind": "HorizontalPodAutoscaler",
        "metadata": child_metadata(parent, parent.metadata.name),
        "spec": {
            "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": parent.metadata.name},
            "minReplicas": wanted.min_replicas,
            "maxReplicas": wanted.max_replicas,
            "metrics": _metrics(wanted),
        },
    }


def _metrics(wanted: Autoscaling) -> list[dict[str, Any]]:
    cpu, memory = wanted.target_cpu_utilization_percentage, wanted.target_memory_utilization_percentage
    if cpu is None and memory is None:
        cpu = DEFAULT_CPU_PERCENT
    return [
        {
            "type": "Resource",
            "resource": {
                "name": name,
                "target": {"type": "Utilization", "averageUtilization": percent},
            },
        }
        for name, percent in (("cpu", cpu), ("memory", memory))
        if percent is not None
    ]
