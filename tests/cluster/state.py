"""What tests ask of the tool: the clusters that are up, and how to disturb and heal their programs."""

from dataclasses import dataclass
from pathlib import Path

from tests.cluster import files, golang, health, kind, processes
from tests.cluster.addresses import claimed
from tests.cluster.identity import Instance, Mode, instance

API_SERVER = "kube-apiserver"


@dataclass(frozen=True)
class Cluster:
    """A cluster that is up."""

    instance: Instance
    url: str
    node_address: str | None
    """Where NodePorts are reached; None without a node."""

    @property
    def kubeconfig(self) -> Path:
        return self.instance.kubeconfig

    @property
    def log_dir(self) -> Path:
        return self.instance.logs

    @property
    def kubectl(self) -> Path:
        return golang.binary("kubectl")

    def pid(self, name: str) -> int:
        """Process id of a running program such as `etcd` or `kube-apiserver`."""
        running = processes.recorded(self.instance, name)
        if running is None or not running.alive:
            raise LookupError(f"{name} is not running")
        return running.pid

    def stop(self, name: str) -> None:
        with files.locked(self.instance.lock):
            processes.stop(self.instance, name)

    def restart(self, name: str) -> None:
        """Start a program again with the arguments it had, and wait until the API server answers."""
        with files.locked(self.instance.lock):
            processes.restart(self.instance, name)
            health.wait_ready(self.instance)


def full_cluster() -> Cluster | None:
    """Return the cluster with a node, or None when it is not up."""
    return _cluster(instance(Mode.FULL))


def control_plane() -> Cluster | None:
    """Return the API server without a node, or None when it is not up."""
    return _cluster(instance(Mode.CONTROL_PLANE))


def _cluster(chosen: Instance) -> Cluster | None:
    if not health.ready(chosen):
        return None
    return Cluster(chosen, health.server_url(chosen), node_address(chosen))


def node_address(chosen: Instance) -> str | None:
    addresses = claimed(chosen)
    if addresses is not None:
        return addresses.node if addresses.subnet is not None else None
    return kind.node_address(chosen)
