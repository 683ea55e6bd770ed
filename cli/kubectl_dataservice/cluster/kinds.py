"""What the plugin reads and writes: the operator's kinds, and what Kubernetes itself makes of them."""

from typing import Final

from dataservice_operator.cluster.kinds import (
    CHILDREN,
    CONFIG_MAP,
    DATA_SERVICE,
    DEPLOYMENT,
    EVENT,
    POD,
    REPLICA_SET,
    SECRET,
    Kind,
    kind_of,
)

ENDPOINT_SLICE: Final = Kind("discovery.k8s.io/v1", "EndpointSlice", "endpointslices")

__all__ = [
    "CHILDREN",
    "CONFIG_MAP",
    "DATA_SERVICE",
    "DEPLOYMENT",
    "ENDPOINT_SLICE",
    "EVENT",
    "POD",
    "REPLICA_SET",
    "SECRET",
    "Kind",
    "kind_of",
]
