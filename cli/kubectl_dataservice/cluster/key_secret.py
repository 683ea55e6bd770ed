"""The Secret of API keys: read, and changed so that no change of another is lost."""

from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from typing import Any, Final

from dataservice_operator.errors import Conflict, NotFound
from kubectl_dataservice.cluster.client import Cluster, Raw
from kubectl_dataservice.cluster.data_services import named
from kubectl_dataservice.cluster.kinds import SECRET
from kubectl_dataservice.errors import Exit, Problem

Entries = Mapping[str, bytes]
"""By client."""

Change = Callable[[Entries], Mapping[str, bytes | None]]
"""From the entries as they are to those that are to be others; None removes one."""

_ATTEMPTS: Final = 10


def secret_of(data_service: Raw) -> str:
    """Name of the Secret.

    Raises:
        Problem: the DataService takes no API keys.
    """
    auth = data_service["spec"]["api"]["auth"]
    if auth["mode"] == "APIKey":
        name: str = auth["keysSecret"]["name"]
        return name
    wanted = f"{{mode: APIKey, keysSecret: {{name: {data_service['metadata']['name']}-keys}}}}"
    told = f"{named(data_service)} takes no API keys, its spec.api.auth.mode is {auth['mode']}: set it to {wanted}"
    raise Problem(told, Exit.NO)


def entries(cluster: Cluster, secret: str) -> Entries:
    """Nothing where there is no such Secret yet."""
    return _entries(_read(cluster, secret))


def change(cluster: Cluster, secret: str, alter: Change) -> None:
    """Make the Secret, or change these entries of it and no other.

    What was written since it was read is answered with 409: then it is read, and altered, anew.
    """
    for _ in range(_ATTEMPTS):
        live = _read(cluster, secret)
        altered = alter(_entries(live))
        data = {name: value and b64encode(value).decode() for name, value in altered.items()}
        try:
            _write(cluster, secret, live, data)
        except Problem as problem:
            if not isinstance(problem.__cause__, Conflict):
                raise
        else:
            return
    raise Problem(f"others change Secret {secret!r} all the time: try again", Exit.NO)


def _read(cluster: Cluster, secret: str) -> Raw | None:
    try:
        return cluster.get(SECRET, cluster.namespace, secret)
    except Problem as problem:
        if isinstance(problem.__cause__, NotFound):
            return None
        raise


def _entries(live: Raw | None) -> Entries:
    return {name: b64decode(value) for name, value in ((live or {}).get("data") or {}).items()}


def _write(cluster: Cluster, secret: str, live: Raw | None, data: Mapping[str, Any]) -> None:
    if live:
        version = {"resourceVersion": live["metadata"]["resourceVersion"]}
        cluster.patch(SECRET, cluster.namespace, secret, {"metadata": version, "data": data})
        return
    metadata = {"name": secret, "namespace": cluster.namespace}
    manifest = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": "Opaque", "data": data}
    cluster.create(SECRET, manifest, fieldManager="kubectl-dataservice")
