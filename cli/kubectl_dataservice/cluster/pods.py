"""The pods of a DataService."""

from kubectl_dataservice.cluster.client import Cluster, Raw
from kubectl_dataservice.cluster.kinds import POD


def selector(name: str) -> str:
    from dataservice_operator.render import names  # noqa: PLC0415 - it brings the models of the CRD

    return ",".join(f"{label}={value}" for label, value in names.selector(name).items())


def pods(cluster: Cluster, name: str) -> list[Raw]:
    found = cluster.list(POD, cluster.namespace, labelSelector=selector(name))
    return sorted(found, key=lambda pod: (pod["metadata"]["creationTimestamp"], pod["metadata"]["name"]))


def is_ready(pod: Raw) -> bool:
    """Whether a Service would send it requests."""
    conditions = pod.get("status", {}).get("conditions") or ()
    ready = any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
    return ready and "deletionTimestamp" not in pod["metadata"]


def ready_pods(cluster: Cluster, name: str) -> list[str]:
    """Names, oldest first."""
    return [pod["metadata"]["name"] for pod in pods(cluster, name) if is_ready(pod)]
