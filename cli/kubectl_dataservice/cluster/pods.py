"""The pods of a DataService."""

from dataservice_operator.render.names import selector
from kubectl_dataservice.cluster.client import Cluster, Raw
from kubectl_dataservice.cluster.kinds import POD


def pods(cluster: Cluster, name: str) -> list[Raw]:
    """Oldest first."""
    labels = ",".join(f"{label}={value}" for label, value in selector(name).items())
    found = cluster.list(POD, cluster.namespace, labelSelector=labels)
    return sorted(found, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))


def is_ready(pod: Raw) -> bool:
    """Whether a Service would send it requests."""
    conditions = pod.get("status", {}).get("conditions") or ()
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def ready_pods(cluster: Cluster, name: str) -> list[str]:
    """Names, oldest first."""
    return [pod["metadata"]["name"] for pod in pods(cluster, name) if is_ready(pod)]
