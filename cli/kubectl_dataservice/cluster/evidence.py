"""What a report is made of, as far as it may be read: nothing of it is redacted yet. No Secret is asked for."""

import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from kubectl_dataservice.cluster.client import Cluster, Raw
from kubectl_dataservice.cluster.family import family
from kubectl_dataservice.cluster.kinds import DEPLOYMENT, EVENT, POD, Kind
from kubectl_dataservice.errors import Problem

_CRD: Final = Kind("apiextensions.k8s.io/v1", "CustomResourceDefinition", "customresourcedefinitions")
_CRD_NAME: Final = "dataservices.dataservice.dev"
_OPERATOR: Final = "app.kubernetes.io/name=dataservice-operator"


@dataclass(frozen=True)
class Evidence:
    """Objects and logs by the names of the files that they become, and what could not be read."""

    objects: dict[str, Any] = field(default_factory=dict)
    logs: dict[str, str] = field(default_factory=dict)
    unread: list[str] = field(default_factory=list)

    @contextmanager
    def trying(self, what: str) -> Iterator[None]:
        """Go on without what cannot be read."""
        try:
            yield
        except Problem as problem:
            self.unread.append(f"{what}: {problem}")

    def add(self, folder: str, objects: list[Raw]) -> None:
        for each in objects:
            self.objects[f"{folder}/{each['kind']}-{each['metadata']['name']}"] = each


def gathered(cluster: Cluster, data_service: Raw, *, tail: int, operator_namespace: str | None) -> Evidence:
    """All of a DataService; of the operator, where a namespace is named for it."""
    found = Evidence({"dataservice": data_service})
    name = data_service["metadata"]["name"]
    with found.trying("version of the API server"):
        found.objects["server-version"] = cluster.read("/version")
    with found.trying("CRD"):
        found.objects["crd"] = _crd(cluster)
    with found.trying("events"):
        found.objects["events"] = _events(cluster, name)
    relatives = family(cluster, cluster.namespace, name)
    for kind, objects in relatives.seen.items():
        found.add("pods" if kind is POD else "children", objects)
    found.unread.extend(f"{kind.plural}: {problem}" for kind, problem in relatives.unseen.items())
    _logs(cluster, found, "", relatives.of(POD), tail)
    if operator_namespace:
        _operator(cluster, found, operator_namespace, tail)
    return found


def _operator(cluster: Cluster, found: Evidence, namespace: str, tail: int) -> None:
    with found.trying("Deployment of the operator"):
        there = cluster.list(DEPLOYMENT, namespace, labelSelector=_OPERATOR)
        found.add("operator", there)
        if not there:
            told = f"none in namespace {namespace!r}: name another by --operator-namespace"
            found.unread.append(f"Deployment of the operator: {told}")
    with found.trying("pods of the operator"):
        pods = cluster.list(POD, namespace, labelSelector=_OPERATOR)
        found.add("operator/pods", pods)
        _logs(cluster, found, "operator/", pods, tail)


def _logs(cluster: Cluster, found: Evidence, folder: str, pods: list[Raw], tail: int) -> None:
    for pod in pods:
        for container, previous in _runs(pod):
            _log(cluster, found, pod, container, folder, tail, previous=previous)


def _log(
    cluster: Cluster, found: Evidence, pod: Raw, container: str, folder: str, tail: int, *, previous: bool
) -> None:
    name, namespace = pod["metadata"]["name"], pod["metadata"]["namespace"]
    file = f"{folder}logs/{name}.{container}{'.previous' if previous else ''}.log"
    query = {"container": container, "tailLines": str(tail), **({"previous": "true"} if previous else {})}
    with found.trying(file):
        found.logs[file] = cluster.text(POD.path(namespace, name, "log"), **query)


def _runs(pod: Raw) -> Iterator[tuple[str, bool]]:
    """Containers of a pod that have run, and those that ran before their last restart (true)."""
    for each in pod.get("status", {}).get("containerStatuses") or ():
        if "waiting" not in (each.get("state") or {}) or each.get("lastState"):
            yield each["name"], False
        if each.get("restartCount"):
            yield each["name"], True


def _events(cluster: Cluster, name: str) -> list[Raw]:
    """Of the DataService, and of what is called after it."""
    about = (
        (each, (each.get("regarding") or {}).get("name", ""))
        for each in cluster.list(EVENT, cluster.namespace)
    )
    return [each for each, regarding in about if regarding == name or regarding.startswith(f"{name}-")]


def _crd(cluster: Cluster) -> Raw:
    """Which it is, without its 100 KB of schema."""
    raw = cluster.read(_CRD.path(name=_CRD_NAME))
    digest = hashlib.sha256(json.dumps(raw["spec"], sort_keys=True).encode()).hexdigest()
    metadata = {name: raw["metadata"].get(name) for name in ("name", "generation", "creationTimestamp")}
    versions = [
        {name: each.get(name) for name in ("name", "served", "storage")} for each in raw["spec"]["versions"]
    ]
    return {"metadata": metadata, "versions": versions, "specSHA256": digest, "status": raw.get("status")}
