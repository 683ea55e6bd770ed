"""The metadata that every child carries, and its owner reference.

Who is owned is deleted with its owner (https://kubernetes.io/docs/concepts/architecture/garbage-collection/): under
deletionPolicy Orphan no child names one. The annotation then still says whose it is.
"""

from collections.abc import Mapping
from typing import Any, Final

from dataservice_operator.crd.resource import API_VERSION, KIND, DataService
from dataservice_operator.render import names

Manifest = dict[str, Any]

_NOT_FROM_GIT: Final = {
    "argocd.argoproj.io/compare-options": "IgnoreExtraneous",
    "argocd.argoproj.io/sync-options": "Prune=false",
}
"""For Argo CD where it tracks by the label app.kubernetes.io/instance: an Application of the DataService's name would
take what has that label and no owner for its own, and prune it, documents included, since Git does not have it
(https://argo-cd.readthedocs.io/en/stable/user-guide/sync-options/#no-prune-resources).
"""


def child_metadata(
    parent: DataService, name: str, annotations: Mapping[str, str] | None = None, *, owned: bool = True
) -> dict[str, Any]:
    """`owned` says whether the child goes with the DataService; the annotation tells whose it is either way."""
    owners = [_owner(parent)] if owned and parent.spec.deletion_policy == "Delete" else []
    kept = {} if owners else _NOT_FROM_GIT
    return {
        "name": name,
        "namespace": parent.metadata.namespace,
        "labels": names.labels(parent.metadata.name),
        "annotations": {**kept, **(annotations or {}), names.OWNER: parent.metadata.name},
        **({"ownerReferences": owners} if owners else {}),
    }


def _owner(parent: DataService) -> dict[str, Any]:
    return {
        "apiVersion": API_VERSION,
        "kind": KIND,
        "name": parent.metadata.name,
        "uid": parent.metadata.uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
