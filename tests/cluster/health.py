"""Whether a cluster's API server is there and ready."""

import json
import time

from tests.cluster import golang, processes
from tests.cluster.commands import succeeds
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance

START_SECONDS = 90.0


def ready(instance: Instance) -> bool:
    """Ask the API server's own readiness, which covers etcd and every start-up hook."""
    if not instance.kubeconfig.exists():
        return False
    client = (golang.binary("kubectl"), "--kubeconfig", instance.kubeconfig, "--request-timeout=5s")
    return succeeds(*client, "get", "--raw", "/readyz")


def wait_ready(instance: Instance) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not ready(instance):
        check_alive(instance)
        if time.monotonic() > deadline:
            log = processes.log_file(instance, "kube-apiserver")
            raise ClusterError(f"the API server is not ready after {START_SECONDS:.0f} s", log=log)
        time.sleep(0.2)


def check_alive(instance: Instance) -> None:
    for running in processes.all_recorded(instance):
        if not running.alive:
            log = processes.log_file(instance, running.name)
            raise ClusterError(f"{running.name} ended while the cluster was starting", log=log)


def server_url(instance: Instance) -> str:
    config = json.loads(instance.kubeconfig.read_text())
    return str(config["clusters"][0]["cluster"]["server"])
