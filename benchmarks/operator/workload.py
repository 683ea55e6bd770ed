"""What is created: DataServices, and the very requests that make one true."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from dataservice_operator.cluster.apply import parameters
from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT, SECRET, kind_of
from dataservice_operator.cluster.ownership import FIELD_MANAGER
from dataservice_operator.crd.resource import DataService, parse
from dataservice_operator.reconcile.database import database
from dataservice_operator.reconcile.pod_answers import PodAnswers
from dataservice_operator.reconcile.status import Situation, status
from dataservice_operator.render.children import children
from dataservice_operator.render.cursor_secret import cursor_secret
from dataservice_operator.render.inputs import Inputs

Raw = dict[str, Any]

PER_NAMESPACE: Final = 100
NEVER: Final = 7 * 24 * 3600
"""Progress deadline in seconds: without a kubelet no roll ends, and that it is stalled is not to be written."""

_APPLY: Final = tuple(parameters(FIELD_MANAGER).items())
_SPEC: Final[Raw] = {
    "data": {
        "schema": {
            "type": "object",
            "required": ["sku", "quantity"],
            "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
        },
        "indexes": [{"fields": ["sku"], "unique": True}, {"fields": ["-_created_at"]}],
    },
    "api": {"auth": {"mode": "None"}},
}


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    body: Any
    query: tuple[tuple[str, str], ...] = ()
    apply: bool = False


def namespaces(count: int) -> tuple[str, ...]:
    return tuple(f"team-{number}" for number in range((count + PER_NAMESPACE - 1) // PER_NAMESPACE))


def surroundings(count: int) -> Iterator[Request]:
    """The namespaces, and each DataService's own Secret with a connection string."""
    for namespace in namespaces(count):
        yield Request(
            "POST",
            "/api/v1/namespaces",
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}},
        )


def secrets(count: int) -> Iterator[Request]:
    for namespace, name in keys(count):
        manifest = {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": f"{name}-mongo", "namespace": namespace},
            "stringData": {"uri": "mongodb://user:password@database.example.com/shop"},
        }
        yield Request("POST", SECRET.path(namespace), manifest)


def parents(count: int) -> Iterator[Request]:
    for namespace, name in keys(count):
        manifest = {
            "apiVersion": "dataservice.dev/v1alpha1",
            "kind": "DataService",
            "metadata": {"name": name, "namespace": namespace},
            "spec": {
                **_SPEC,
                "database": {
                    "mongodb": {
                        "uriSecret": {"name": f"{name}-mongo", "key": "uri"},
                        "database": "shop",
                        "collection": name,
                    }
                },
            },
        }
        yield Request("POST", DATA_SERVICE.path(namespace), manifest)


def truth(raw: Raw) -> Iterator[Request]:
    """The writes, and nothing else, that give this DataService its children and one status."""
    parent = parse(raw)
    inputs = Inputs(
        image="ghcr.io/dataservice-dev/service:1",
        image_pin="default:",
        secret_hash="0" * 32,
        cursor_key="00000000-0000-4000-8000-000000000000",
        progress_deadline_seconds=NEVER,
    )
    secret = cursor_secret(parent, bytes(32), "00000000-0000-4000-8000-000000000001")
    yield Request("POST", SECRET.path(parent.metadata.namespace), secret)
    for manifest in children(parent, inputs).manifests():
        path = kind_of(manifest).path(parent.metadata.namespace, manifest["metadata"]["name"])
        yield Request("PATCH", path, manifest, _APPLY, apply=True)
    yield _status(parent, inputs.image)


def truth_in_brief(raw: Raw) -> tuple[Request, Request]:
    """Of these writes those that an edit of `replicas` asks for: of the Deployment and of the status."""
    metadata = raw["metadata"]
    path = DEPLOYMENT.path(metadata["namespace"], metadata["name"])
    *children, told = truth(raw)
    return next(request for request in children if request.path == path), told


def _status(parent: DataService, image: str) -> Request:
    situation = Situation(
        parent=parent,
        image=image,
        deployment=None,
        pods=(),
        problems=(),
        database=database(None, (), PodAnswers()),
        cause=None,
        now=datetime.now(UTC),
        progress_deadline_seconds=NEVER,
    )
    metadata = parent.metadata
    manifest = {
        "apiVersion": DATA_SERVICE.api_version,
        "kind": DATA_SERVICE.name,
        "metadata": {"name": metadata.name, "namespace": metadata.namespace, "uid": metadata.uid},
        "status": status(situation),
    }
    path = DATA_SERVICE.path(metadata.namespace, metadata.name, "status")
    return Request("PATCH", path, manifest, _APPLY, apply=True)


def stored(manifest: Raw) -> Raw:
    """A DataService as it may come back from an API server, without one."""
    metadata = {"uid": "00000000-0000-4000-8000-000000000002", "generation": 1, "resourceVersion": "1"}
    made = {"creationTimestamp": "2026-01-01T00:00:00Z"}
    return {**manifest, "metadata": {**manifest["metadata"], **metadata, **made}}


def keys(count: int) -> Iterator[tuple[str, str]]:
    """Namespace and name of each DataService."""
    for number in range(count):
        yield f"team-{number // PER_NAMESPACE}", f"orders-{number}"
