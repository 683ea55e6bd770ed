"""CPU and memory of a pod: the user's, and defaults where the user names none."""

from typing import Final

from dataservice_operator.crd.resources import Resources
from dataservice_operator.render.quantity import canonical

DEFAULT_CPU_REQUEST: Final = "100m"
DEFAULT_MEMORY_REQUEST: Final = "128Mi"
DEFAULT_MEMORY_LIMIT: Final = "512Mi"


def resources(wanted: Resources) -> dict[str, dict[str, str]]:
    """Limits and requests of the container.

    A CPU request is always there, since an autoscaler computes with it. What the user names of a resource
    stands alone: a default beside it might contradict it.
    """
    requests = {name: canonical(value) for name, value in wanted.requests.items()}
    limits = {name: canonical(value) for name, value in wanted.limits.items()}
    if "cpu" not in requests:
        requests["cpu"] = limits.get("cpu", DEFAULT_CPU_REQUEST)
    if "memory" not in requests and "memory" not in limits:
        requests["memory"], limits["memory"] = DEFAULT_MEMORY_REQUEST, DEFAULT_MEMORY_LIMIT
    return {name: values for name, values in (("limits", limits), ("requests", requests)) if values}
