"""DataServices, as the API server stores them and as values."""

from collections.abc import Mapping
from typing import Any, Final

from dataservice_operator.crd.resource import DataService, parse
from dataservice_operator.render.inputs import Inputs
from tests.support.data_service import smallest

UID: Final = "4f1c2d3e-0000-4000-8000-000000000001"
KEY: Final = ("shop", "orders")
IMAGE: Final = "registry.example.com/dataservice:1"
INPUTS: Final = Inputs(image=IMAGE, image_pin="default:", secret_hash="c0ffee")  # noqa: S106 - a hash

SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["sku", "quantity"],
    "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
}

FULL: Final[Mapping[str, Any]] = {
    "image": "registry.example.com/dataservice:2",
    "replicas": 3,
    "autoscaling": {
        "minReplicas": 2,
        "maxReplicas": 10,
        "targetCPUUtilizationPercentage": 60,
        "targetMemoryUtilizationPercentage": 80,
    },
    "database": {
        "mongodb": {
            "uriSecret": {"name": "warehouse-mongo", "key": "connection"},
            "database": "warehouse",
            "collection": "items",
        }
    },
    "data": {
        "schema": SCHEMA,
        "indexes": [{"fields": ["sku"], "unique": True}, {"fields": ["-_created_at", "shelf.row"]}],
    },
    "api": {
        "auth": {"mode": "APIKey", "keysSecret": {"name": "warehouse-keys"}},
        "limits": {"maxBodyBytes": 2048, "maxPageSize": 50, "requestsPerSecond": 20, "burst": 40},
        "requireIfMatch": True,
        "cors": {"allowedOrigins": ["https://shop.example.com", "http://localhost:3000"]},
    },
    "config": {"TZ": "Europe/Berlin", "EMPTY": ""},
    "resources": {"requests": {"cpu": "1000m", "memory": "0.5Gi"}, "limits": {"memory": "1024Mi"}},
    "scheduling": {
        "nodeSelector": {"kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "dedicated", "operator": "Exists", "effect": "NoSchedule"}],
        "affinity": {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {
                        "weight": 1,
                        "podAffinityTerm": {
                            "topologyKey": "kubernetes.io/hostname",
                            "labelSelector": {"matchLabels": {"app.kubernetes.io/instance": "orders"}},
                        },
                    }
                ]
            }
        },
        "topologySpreadConstraints": [
            {
                "maxSkew": 2,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "DoNotSchedule",
            }
        ],
        "priorityClassName": "business-critical",
    },
    "service": {"type": "LoadBalancer", "port": 8080, "annotations": {"example.com/internal": "true"}},
    "ingress": {
        "host": "orders.example.com",
        "className": "nginx",
        "tlsSecret": "orders-tls",
        "annotations": {"example.com/public": "true"},
        "path": "/orders",
    },
    "podDisruptionBudget": {"maxUnavailable": "25%"},
    "networkPolicy": {
        "enabled": True,
        "from": [{"podSelector": {}, "namespaceSelector": {"matchLabels": {"team": "shop"}}}],
        "egress": [
            {
                "to": [{"ipBlock": {"cidr": "10.1.0.0/16", "except": ["10.1.2.0/24"]}}],
                "ports": [{"port": 27017, "endPort": 27019}],
            }
        ],
    },
    "monitoring": {"serviceMonitor": True},
}

EMBEDDED: Final[Mapping[str, Any]] = {
    "database": {"embedded": {"size": "1.5Gi", "storageClassName": "fast", "retention": "Delete"}}
}


def raw(
    *,
    name: str = "orders",
    generation: int = 1,
    version: int = 1,
    annotations: Mapping[str, str] | None = None,
    status: Mapping[str, Any] | None = None,
    **spec: Any,
) -> dict[str, Any]:
    """The smallest DataService, `spec` replacing whole fields of its spec."""
    resource = smallest(
        metadata={
            "name": name,
            "namespace": "shop",
            "uid": UID,
            "generation": generation,
            "resourceVersion": str(version),
            "annotations": dict(annotations or {}),
        },
        status=dict(status or {"observedGeneration": -1}),
    )
    return {**resource, "spec": {**resource["spec"], **spec}}


def data_service(**changes: Any) -> DataService:
    """As `raw`, read by the operator."""
    return parse(raw(**changes))
