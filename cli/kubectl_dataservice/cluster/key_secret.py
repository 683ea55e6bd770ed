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


class KeySecret:
    """The Secret that a DataService names.

    Raises:
        Problem: the DataService takes no API keys.
    """

    def __init__(self, cluster: Cluster, data_service: Raw) -> None:
        auth = data_service["spec"]["api"]["auth"]
        if auth["mode"] != "APIKey":
            wanted = f"{{mode: APIKey, keysSecret: {{name: {data_service['metadata']['name']}-keys}}}}"
            told = f"{named(data_service)} takes no API keys, its spec.api.auth.mode is {auth['mode']}"
            raise Problem(f"{told}: set spec.api.auth to {wanted}", Exit.NO)
        self.name: str = auth["keysSecret"]["name"]
        self._cluster = cluster

    def entries(self) -> Entries:
        """Nothing where there is no such Secret yet."""
        return _entries(self._read())

    def change(self, alter: Change) -> None:
        """Make the Secret, or change these entries of it and no other.

        What was written since it was read is answered with 409: then it is read, and altered, anew.
        """
        for _ in range(_ATTEMPTS):
            live = self._read()
            altered = alter(_entries(live))
            try:
                self._write(
                    live, {name: value and b64encode(value).decode() for name, value in altered.items()}
                )
            except Problem as problem:
                if not isinstance(problem.__cause__, Conflict):
                    raise
            else:
                return
        raise Problem(f"others change Secret {self.name!r} all the time: try again", Exit.NO)

    def _read(self) -> Raw | None:
        try:
            return self._cluster.get(SECRET, self._cluster.namespace, self.name)
        except Problem as problem:
            if isinstance(problem.__cause__, NotFound):
                return None
            raise

    def _write(self, live: Raw | None, data: Mapping[str, Any]) -> None:
        namespace = self._cluster.namespace
        if live:
            version = {"resourceVersion": live["metadata"]["resourceVersion"]}
            self._cluster.patch(SECRET, namespace, self.name, {"metadata": version, "data": data})
            return
        metadata = {"name": self.name, "namespace": namespace}
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": metadata,
            "type": "Opaque",
            "data": data,
        }
        self._cluster.create(SECRET, manifest, fieldManager="kubectl-dataservice")


def _entries(live: Raw | None) -> Entries:
    return {name: b64decode(value) for name, value in ((live or {}).get("data") or {}).items()}
