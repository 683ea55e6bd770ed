"""DataServices in the cluster: found by name, or told what is there instead."""

from difflib import get_close_matches
from typing import Any, Final

from kubectl_dataservice.cluster.client import Cluster, Raw
from kubectl_dataservice.cluster.kinds import DATA_SERVICE
from kubectl_dataservice.errors import Exit, Problem

GROUP, VERSION = DATA_SERVICE.api_version.split("/")
_INSTALL: Final = "install the operator with its CRD, or choose another cluster by --context"


def find(cluster: Cluster, name: str) -> Raw:
    """The DataService of that name in the namespace at hand.

    Raises:
        Problem: also where there is none, with the names that are near.
    """
    found = look_up(cluster, cluster.namespace, name)
    if found is None:
        raise _missing(cluster, name)
    return found


def look_up(cluster: Cluster, namespace: str, name: str) -> Raw | None:
    """None where there is none of that name.

    Raises:
        Problem: also where the cluster knows no DataServices.
    """
    try:
        return cluster.get(DATA_SERVICE, namespace, name)
    except Problem as problem:
        if problem.exit_code is not Exit.NOT_FOUND:
            raise
        if f'"{name}" not found' in str(problem):
            return None
        raise _no_kind(cluster) from problem


def find_all(cluster: Cluster, namespace: str | None) -> list[Raw]:
    """Those of one namespace, or of all."""
    try:
        return cluster.list(DATA_SERVICE, namespace)
    except Problem as problem:
        if problem.exit_code is not Exit.NOT_FOUND:
            raise
        raise _no_kind(cluster) from problem


def change(cluster: Cluster, raw: Raw, patch: dict[str, Any]) -> Raw:
    """Change a DataService by a JSON merge patch."""
    metadata = raw["metadata"]
    return cluster.patch(DATA_SERVICE, metadata["namespace"], metadata["name"], patch)


def named(raw: Raw) -> str:
    """As kubectl names what it acts on."""
    return f"dataservice.{GROUP}/{raw['metadata']['name']}"


def _missing(cluster: Cluster, name: str) -> Problem:
    there = f"no DataService {name!r} in namespace {cluster.namespace!r}"
    try:
        known = [raw["metadata"]["name"] for raw in find_all(cluster, cluster.namespace)]
    except Problem:  # without the right to list them no name is near
        return Problem(f"{there}: name its namespace by -n", Exit.NOT_FOUND)
    if near := get_close_matches(name, known):
        return Problem(f"{there}: did you mean {' or '.join(map(repr, near))}?", Exit.NOT_FOUND)
    seen = f"there are {', '.join(known[:10])}" if known else "there is none; name its namespace by -n"
    return Problem(f"{there}: {seen}", Exit.NOT_FOUND)


def _no_kind(cluster: Cluster) -> Problem:
    """The path of the kind is unknown: no CRD, or one that serves other versions."""
    try:
        served = [each["version"] for each in cluster.read(f"/apis/{GROUP}").get("versions") or ()]
    except Problem:
        served = []
    if not served or VERSION in served:  # a CRD that was deleted is named for a moment longer than it serves
        return Problem(f"the cluster of {cluster.where} knows no DataService: {_INSTALL}", Exit.NOT_FOUND)
    told = f"the cluster serves DataServices as {' and '.join(served)}, this plugin reads {VERSION}"
    return Problem(f"{told}: upgrade the older of the two", Exit.NOT_FOUND)
