"""Objects put where an API server keeps them, as they were: with uid, times, status and managedFields of their own."""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from dataservice_operator.cluster.kinds import REPLICA_SET, kind_of
from tests.cluster.addresses import claimed
from tests.cluster.controlplane import on_loopback
from tests.cluster.state import Cluster

_FOLDERS: Final = {"Service": "services/specs", "Ingress": "ingress"}
"""Where not named by the kind's plural; others than Kubernetes' own kinds stand below their group."""
_BUILT_IN: Final = ("", "apps", "autoscaling", "networking.k8s.io", "policy")


@dataclass(frozen=True)
class Etcd:
    url: str

    @classmethod
    def of(cls, api_server: Cluster) -> "Etcd":
        """The one of the API server without a node."""
        addresses = claimed(api_server.instance)
        assert addresses is not None, "it is up"
        return cls(on_loopback(addresses.port).etcd)

    def put(self, live: Mapping[str, Any]) -> None:
        metadata = {name: value for name, value in live["metadata"].items() if name != "resourceVersion"}
        value = json.dumps({**live, "metadata": metadata})
        pair = {"key": _base64(_key(live)), "value": _base64(value)}
        httpx.post(f"{self.url}/v3/kv/put", json=pair, trust_env=False).raise_for_status()


def _key(live: Mapping[str, Any]) -> str:
    kind = REPLICA_SET if live["kind"] == REPLICA_SET.name else kind_of(dict(live))
    group = kind.api_version.rpartition("/")[0]
    folder = _FOLDERS.get(kind.name, kind.plural)
    where = folder if group in _BUILT_IN else f"{group}/{folder}"
    return f"/registry/{where}/{live['metadata']['namespace']}/{live['metadata']['name']}"


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
