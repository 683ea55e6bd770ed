"""The kinds the operator reads and writes, and where the API server keeps them."""

from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True)
class Kind:
    api_version: str
    name: str
    plural: str

    def path(
        self, namespace: str | None = None, name: str | None = None, subresource: str | None = None
    ) -> str:
        """Request path (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-uris)."""
        root = "/api/" if "/" not in self.api_version else "/apis/"
        scope = ("namespaces", namespace) if namespace else ()
        return root + "/".join(filter(None, (self.api_version, *scope, self.plural, name, subresource)))


DATA_SERVICE: Final = Kind("dataservice.dev/v1alpha1", "DataService", "dataservices")
CONFIG_MAP: Final = Kind("v1", "ConfigMap", "configmaps")
SECRET: Final = Kind("v1", "Secret", "secrets")
SERVICE_ACCOUNT: Final = Kind("v1", "ServiceAccount", "serviceaccounts")
SERVICE: Final = Kind("v1", "Service", "services")
VOLUME_CLAIM: Final = Kind("v1", "PersistentVolumeClaim", "persistentvolumeclaims")
POD: Final = Kind("v1", "Pod", "pods")
DEPLOYMENT: Final = Kind("apps/v1", "Deployment", "deployments")
REPLICA_SET: Final = Kind("apps/v1", "ReplicaSet", "replicasets")
HORIZONTAL_POD_AUTOSCALER: Final = Kind(
    "autoscaling/v2", "HorizontalPodAutoscaler", "horizontalpodautoscalers"
)
INGRESS: Final = Kind("networking.k8s.io/v1", "Ingress", "ingresses")
POD_DISRUPTION_BUDGET: Final = Kind("policy/v1", "PodDisruptionBudget", "poddisruptionbudgets")
NETWORK_POLICY: Final = Kind("networking.k8s.io/v1", "NetworkPolicy", "networkpolicies")
SERVICE_MONITOR: Final = Kind("monitoring.coreos.com/v1", "ServiceMonitor", "servicemonitors")
LEASE: Final = Kind("coordination.k8s.io/v1", "Lease", "leases")
EVENT: Final = Kind("events.k8s.io/v1", "Event", "events")

OPTIONAL: Final = (
    HORIZONTAL_POD_AUTOSCALER,
    INGRESS,
    POD_DISRUPTION_BUDGET,
    NETWORK_POLICY,
    SERVICE_MONITOR,
)
"""Children that a DataService has only while its spec asks for them."""

CHILDREN: Final = (CONFIG_MAP, SERVICE_ACCOUNT, SERVICE, DEPLOYMENT, VOLUME_CLAIM, *OPTIONAL)
"""What a DataService has. A volume claim holds documents: it is never removed, wanted or not."""

_BY_NAME = {(kind.api_version, kind.name): kind for kind in (DATA_SERVICE, SECRET, *CHILDREN)}


def kind_of(manifest: dict[str, Any]) -> Kind:
    return _BY_NAME[manifest["apiVersion"], manifest["kind"]]
