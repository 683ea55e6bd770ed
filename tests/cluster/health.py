"""Whether a cluster's API server is there and ready."""

import json
import time
from collections.abc import Callable
from pathlib import Path

from tests.cluster import golang, processes
from tests.cluster.commands import succeeds
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance

START_SECONDS = 90.0


def ready(instance: Instance) -> bool:
    """Ask the API server's own readiness, which covers etcd and every start-up hook."""
    if not instance.kubeconfig.exists():
        return False
    return succeeds(*_client(instance), "get", "--raw", "/readyz")


def wait_ready(instance: Instance) -> None:
    wait_until(lambda: ready(instance), instance, "the API server is not ready", "kube-apiserver")


def wait_for_controllers(instance: Instance) -> None:
    """Wait for their first work: without its service account a namespace takes no pod."""
    ask = (*_client(instance), "get", "serviceaccount/default", "--namespace=default")
    what = "the controllers are not at work"
    wait_until(lambda: succeeds(*ask), instance, what, "kube-controller-manager")


def wait_until(reached: Callable[[], bool], instance: Instance, otherwise: str, program: str) -> None:
    """Wait while every program of the cluster lives; `program` is the one whose log tells why not."""
    deadline = time.monotonic() + START_SECONDS
    while not reached():
        _check_alive(instance)
        if time.monotonic() > deadline:
            log = processes.log_file(instance, program)
            raise ClusterError(f"{otherwise} after {START_SECONDS:.0f} s", log=log)
        time.sleep(0.1)


def _check_alive(instance: Instance) -> None:
    for running in processes.all_recorded(instance):
        if not running.alive:
            log = processes.log_file(instance, running.name)
            raise ClusterError(f"{running.name} ended while the cluster was starting", log=log)


def server_url(instance: Instance) -> str:
    config = json.loads(instance.kubeconfig.read_text())
    return str(config["clusters"][0]["cluster"]["server"])


def _client(instance: Instance) -> tuple[str | Path, ...]:
    return (golang.binary("kubectl"), "--kubeconfig", instance.kubeconfig, "--request-timeout=5s")
