"""A volume for pods that are not root: what the node's own host-path provisioner makes, only root may write."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.cluster import pki, sandbox
from tests.cluster.addresses import claimed
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance

NODE_HAS_OWN = "standard"
"""The StorageClass of kind, whose volumes anyone may write to."""


def storage(instance: Instance, name: str) -> tuple[str, list[dict[str, Any]]]:
    """A StorageClass for one volume, and the manifests that make both, named as asked for.

    The volume is a folder of the machine, which the kubelet hands over to the group of the pod (`fsGroup`).
    """
    if claimed(instance) is None:  # a node in Docker, which has files of its own
        return NODE_HAS_OWN, []
    folder = _folder(instance, name)
    folder.mkdir(parents=True, exist_ok=True)
    here = {"key": "kubernetes.io/hostname", "operator": "In", "values": [pki.NODE_NAME]}
    spec = {
        "storageClassName": name,
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "local": {"path": str(folder)},
        "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [here]}]}},
    }
    return name, [
        {
            "apiVersion": "storage.k8s.io/v1",
            "kind": "StorageClass",
            "metadata": {"name": name},
            "provisioner": "kubernetes.io/no-provisioner",
            "volumeBindingMode": "WaitForFirstConsumer",
        },
        {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec},
    ]


@contextmanager
def small(instance: Instance, name: str, size: str) -> Iterator[None]:
    """While inside, the volume of that name, not in use yet, has so much room, as mount(8) writes it: `4m`.

    Raises:
        ClusterError: the node has files of its own, or is not up.
    """
    box = sandbox.find(instance)
    if box is None:
        raise ClusterError("only the node that is made without Docker has volumes here")
    folder = _folder(instance, name)
    box.run("mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield
    finally:
        box.run("umount", "--lazy", folder)  # a pod may still be at its end


def _folder(instance: Instance, name: str) -> Path:
    return instance.state / "volumes" / name
