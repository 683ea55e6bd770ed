"""Events, as `kubectl describe` shows them (https://kubernetes.io/docs/reference/kubernetes-api/cluster-resources/event-v1/)."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.kinds import EVENT


async def record(
    client: Client, regarding: Mapping[str, Any], *, warning: bool, reason: str, note: str
) -> None:
    """Say once what happened to an object. `regarding` is the raw object."""
    metadata = regarding["metadata"]
    manifest = {
        "apiVersion": EVENT.api_version,
        "kind": EVENT.name,
        "metadata": {
            "name": f"{metadata['name']}.{uuid.uuid4().hex[:16]}",
            "namespace": metadata["namespace"],
        },
        "eventTime": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "type": "Warning" if warning else "Normal",
        "reason": reason,
        "note": note[:1024],
        "action": "Reconcile",
        "reportingController": "dataservice.dev/operator",
        "reportingInstance": "dataservice-operator",
        "regarding": {
            "apiVersion": regarding["apiVersion"],
            "kind": regarding["kind"],
            "name": metadata["name"],
            "namespace": metadata["namespace"],
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
        },
    }
    await client.write("POST", EVENT.path(metadata["namespace"]), manifest)
