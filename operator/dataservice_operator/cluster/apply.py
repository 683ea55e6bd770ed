"""Server-side apply (https://kubernetes.io/docs/reference/using-api/server-side-apply/) and the few other writes.

Each names the version of the object that it was decided on. So one that comes late, from a leader that was stopped or
by a network that stood still, is refused with Conflict where somebody has written since.
"""

from dataclasses import dataclass
from typing import Any, Final

from dataservice_operator.cluster.client import APPLY, Client
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT, Kind, kind_of
from dataservice_operator.cluster.ownership import FIELD_MANAGER
from dataservice_operator.errors import NotFound

HANDOVER_MANAGER: Final = "dataservice-operator-handover"
"""Holds a Deployment's `replicas` from when we let go of it until the autoscaler has written."""

_ABSENT: Final = "1"
"""A resource version that no live object has. An apply that carries it creates, or is refused with 409."""


def parameters(manager: str) -> dict[str, str]:
    """Of the query of each apply.

    Without `fieldValidation` the API server parses the text twice, to warn of fields that it does not know and of keys
    that come twice: an apply with the first is refused anyway, and the second are not written here.
    """
    return {"fieldManager": manager, "force": "true", "fieldValidation": "Ignore"}


@dataclass(frozen=True)
class Version:
    """One state of one object."""

    uid: str
    resource_version: str

    @classmethod
    def of(cls, raw: dict[str, Any]) -> "Version":
        return cls(raw["metadata"]["uid"], raw["metadata"]["resourceVersion"])

    def precondition(self) -> dict[str, str]:
        """As metadata of what is applied, and as the preconditions of a deletion, have it."""
        return {"uid": self.uid, "resourceVersion": self.resource_version}


async def apply(client: Client, manifest: dict[str, Any], seen: Version) -> dict[str, Any]:
    """Make the live object agree with `manifest`, taking over the fields it names.

    Raises:
        Conflict: it is not as it was seen, or is gone.
    """
    return await _apply(client, manifest, FIELD_MANAGER, seen.precondition())


async def create(client: Client, manifest: dict[str, Any]) -> dict[str, Any]:
    """Apply, but only where nothing of that name exists: one request, no read before it.

    Raises:
        Conflict: an object of that name is there; it was not touched.
    """
    return await _apply(client, manifest, FIELD_MANAGER, {"resourceVersion": _ABSENT})


async def create_once(client: Client, manifest: dict[str, Any]) -> dict[str, Any]:
    """Create what is never changed afterwards: unlike an apply it needs no right to patch.

    Raises:
        Conflict: an object of that name is there; it was not touched.
    """
    path = kind_of(manifest).path(manifest["metadata"]["namespace"])
    return await client.write("POST", path, manifest, fieldManager=FIELD_MANAGER)


async def hold_replicas(
    client: Client, namespace: str, name: str, replicas: int, seen: Version
) -> dict[str, Any]:
    """Keep a Deployment's replicas when its main manager stops naming them: without a value they fall to 1.

    Raises:
        Conflict: it is not as it was seen, or is gone.
    """
    manifest = {
        "apiVersion": DEPLOYMENT.api_version,
        "kind": DEPLOYMENT.name,
        "metadata": {"name": name, "namespace": namespace},
        "spec": {"replicas": replicas},
    }
    return await _apply(client, manifest, HANDOVER_MANAGER, seen.precondition())


async def apply_status(
    client: Client, namespace: str, name: str, status: dict[str, Any], seen: Version
) -> dict[str, Any]:
    """Write a DataService's status.

    Raises:
        Conflict: the DataService is not as it was seen, or another one has the name now.
        NotFound: it is gone.
    """
    manifest = {
        "apiVersion": DATA_SERVICE.api_version,
        "kind": DATA_SERVICE.name,
        "metadata": {"name": name, "namespace": namespace, **seen.precondition()},
        "status": status,
    }
    path = DATA_SERVICE.path(namespace, name, "status")
    return await client.write("PATCH", path, manifest, content_type=APPLY, **parameters(FIELD_MANAGER))


async def delete(client: Client, kind: Kind, namespace: str, name: str, seen: Version) -> None:
    """Delete an object; one that is gone already is fine.

    Raises:
        Conflict: it is not as it was seen.
    """
    options = {"preconditions": seen.precondition(), "propagationPolicy": "Background"}
    try:
        await client.write("DELETE", kind.path(namespace, name), options)
    except NotFound:
        return


async def _apply(
    client: Client, manifest: dict[str, Any], manager: str, precondition: dict[str, str]
) -> dict[str, Any]:
    metadata = {**manifest["metadata"], **precondition}
    path = kind_of(manifest).path(metadata["namespace"], metadata["name"])
    body = {**manifest, "metadata": metadata}
    return await client.write("PATCH", path, body, content_type=APPLY, **parameters(manager))
