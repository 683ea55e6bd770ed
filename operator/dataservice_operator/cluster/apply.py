"""Server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/) and the few other writes."""

from typing import Any, Final

from dataservice_operator.cluster.client import APPLY, Client
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT, Kind, kind_of
from dataservice_operator.cluster.ownership import FIELD_MANAGER
from dataservice_operator.errors import NotFound

HANDOVER_MANAGER: Final = "dataservice-operator-handover"
"""Holds a Deployment's `replicas` from when we let go of it until the autoscaler has written."""

_ABSENT: Final = "1"
"""A resource version that no live object has. An apply that carries it creates, or is refused with 409."""


async def apply(client: Client, manifest: dict[str, Any]) -> dict[str, Any]:
    """Make the live object agree with `manifest`, taking over the fields it names."""
    return await _apply(client, manifest, FIELD_MANAGER)


async def create(client: Client, manifest: dict[str, Any]) -> dict[str, Any]:
    """Apply, but only where nothing of that name exists: one request, no read before it.

    Raises:
        Conflict: an object of that name is there; it was not touched.
    """
    metadata = {**manifest["metadata"], "resourceVersion": _ABSENT}
    return await _apply(client, {**manifest, "metadata": metadata}, FIELD_MANAGER)


async def create_once(client: Client, manifest: dict[str, Any]) -> dict[str, Any]:
    """Create what is never changed afterwards: unlike an apply it needs no right to patch.

    Raises:
        Conflict: an object of that name is there; it was not touched.
    """
    path = kind_of(manifest).path(manifest["metadata"]["namespace"])
    return await client.write("POST", path, manifest, fieldManager=FIELD_MANAGER)


async def hold_replicas(client: Client, namespace: str, name: str, replicas: int) -> dict[str, Any]:
    """Keep a Deployment's replicas when its main manager stops naming them: without a value they fall to 1."""
    manifest = {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.name,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": replicas},
    }
    return await _apply(client, manifest, HANDOVER_MANAGER)


async def apply_status(
    client: Client, namespace: str, name: str, uid: str, status: dict[str, Any]
) -> dict[str, Any]:
    """Write a DataService's status; refused with Conflict when another DataService has the name now."""
    manifest = {
        "apiVersion": DATA_SERVICE.api_version,
        "kind": DATA_SERVICE.name,
        "metadata": {"name": name, "namespace": namespace, "uid": uid},
        "status": status,
    }
    path = DATA_SERVICE.path(namespace, name, "status")
    return await client.write(
        "PATCH", path, manifest, content_type=APPLY, fieldManager=FIELD_MANAGER, force="true"
    )


async def delete(client: Client, kind: Kind, namespace: str, name: str, uid: str) -> None:
    """Delete the object of that uid; one that is gone already is fine."""
    options = {"preconditions": {"uid": uid}, "propagationPolicy": "Background"}
    try:
        await client.write("DELETE", kind.path(namespace, name), options)
    except NotFound:
        return


async def _apply(client: Client, manifest: dict[str, Any], manager: str) -> dict[str, Any]:
    metadata = manifest["metadata"]
    path = kind_of(manifest).path(metadata["namespace"], metadata["name"])
    return await client.write("PATCH", path, manifest, content_type=APPLY, fieldManager=manager, force="true")
