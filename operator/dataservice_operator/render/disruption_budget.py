"""The PodDisruptionBudget, where the spec asks for one."""

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.metadata import Manifest, child_metadata


def disruption_budget(parent: DataService) -> Manifest | None:
    wanted = parent.spec.pod_disruption_budget
    if wanted is None:
        return None
    bounds = {"minAvailable": wanted.min_available, "maxUnavailable": wanted.max_unavailable}
    return {
        "apiVersion": "policy/v1",
        "kind": "PodDisruptionBudget",
        "metadata": child_metadata(parent, parent.metadata.name),
        "spec": {
            "selector": {"matchLabels": names.selector(parent.metadata.name)},
            **{name: pods for name, pods in bounds.items() if pods is not None},
        },
    }
