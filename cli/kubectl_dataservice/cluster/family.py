"""A DataService's children and what Kubernetes makes of them, as far as the user may see them."""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from typing import Final

from dataservice_operator.render.names import selector
from kubectl_dataservice.cluster.client import Cluster, Raw
from kubectl_dataservice.cluster.kinds import CHILDREN, ENDPOINT_SLICE, POD, REPLICA_SET, Kind, kind_of
from kubectl_dataservice.errors import Exit, Problem

EVERYTHING: Final = (*CHILDREN, REPLICA_SET, POD, ENDPOINT_SLICE)
_AT_A_TIME: Final = 8

Named = tuple[Kind, str]


@dataclass(frozen=True)
class Family:
    seen: Mapping[Kind, list[Raw]]
    unseen: Mapping[Kind, Problem]
    """Kinds that the user may not list."""

    absent: frozenset[Kind]
    """Kinds that the cluster does not have."""

    def of(self, kind: Kind) -> list[Raw]:
        return self.seen.get(kind, [])

    def by_name(self) -> dict[Named, Raw]:
        """Every object.

        Raises:
            Problem: some of them may not be seen.
        """
        for problem in self.unseen.values():
            raise problem
        return {named(raw): raw for found in self.seen.values() for raw in found}


def family(cluster: Cluster, namespace: str, name: str, kinds: Sequence[Kind] = EVERYTHING) -> Family:
    """What carries the DataService's labels.

    Raises:
        Problem: the cluster does not answer.
    """
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        answers = dict(zip(kinds, pool.map(partial(_listed, cluster, namespace, name), kinds), strict=True))
    return Family(
        seen={kind: answer for kind, answer in answers.items() if isinstance(answer, list)},
        unseen={kind: answer for kind, answer in answers.items() if isinstance(answer, Problem)},
        absent=frozenset(kind for kind, answer in answers.items() if answer is None),
    )


def without_labels(cluster: Cluster, wanted: Iterable[Raw], known: Mapping[Named, Raw]) -> dict[Named, Raw]:
    """Live objects with the names of wanted ones that are not among the known: ours without labels, or a stranger's."""
    found = {}
    for manifest in wanted:
        kind, name = key = named(manifest)
        if key not in known:
            try:
                found[key] = cluster.get(kind, manifest["metadata"]["namespace"], name)
            except Problem as problem:
                if problem.exit_code is not Exit.NOT_FOUND:
                    raise
    return found


def named(manifest: Raw) -> Named:
    return kind_of(manifest), manifest["metadata"]["name"]


def _listed(cluster: Cluster, namespace: str, name: str, kind: Kind) -> list[Raw] | Problem | None:
    labels = ",".join(f"{key}={value}" for key, value in selector(name).items())
    chosen = f"kubernetes.io/service-name={name}" if kind is ENDPOINT_SLICE else labels
    try:
        return cluster.list(kind, namespace, labelSelector=chosen)
    except Problem as problem:
        if problem.exit_code is Exit.NOT_FOUND:
            return None
        if problem.exit_code is Exit.FORBIDDEN:
            return problem
        raise
