"""The cluster with a node: control plane, container runtime, kubelet, DNS and metrics in one sandbox."""

import shutil
from dataclasses import replace

from tests.cluster import (
    addons,
    containerd,
    controlplane,
    files,
    golang,
    health,
    kubelet,
    packages,
    pause,
    pki,
    processes,
    sandbox,
)
from tests.cluster.addresses import Addresses, claim
from tests.cluster.commands import succeeds
from tests.cluster.identity import Instance, Mode, instance
from tests.cluster.processes import Program
from tests.cluster.progress import Report, Task
from tests.cluster.sandbox import Sandbox

PROGRAMS = (
    "node",
    "etcd",
    "kube-apiserver",
    "kube-controller-manager",
    "kube-scheduler",
    "containerd",
    "kubelet",
    "kube-proxy",
    "coredns",
    "metrics-server",
)


def up_tasks() -> list[Task]:
    if healthy():
        return []
    packages.check_root()
    return [*packages.install_tasks(), *golang.build_tasks(golang.NODE), Task("start the cluster", start)]


def healthy() -> bool:
    chosen = instance(Mode.FULL)
    running = {r.name for r in processes.all_recorded(chosen) if r.alive}
    return running.issuperset(PROGRAMS) and health.ready(chosen) and node_ready(chosen)


def start(report: Report) -> None:
    """Start what is not running; what is, and as it should be, is left alone."""
    chosen = instance(Mode.FULL)
    with files.locked(chosen.lock):
        processes.forget_dead(chosen)
        addresses = claim(chosen)
        report("the node's namespaces")
        box = sandbox.open_(chosen, addresses)
        report("the control plane")
        _start_control_plane(chosen, box, addresses)
        report("the node")
        _start_node(chosen, box, addresses)
        health.wait_for_controllers(chosen)
        health.wait_until(lambda: node_ready(chosen), chosen, "the node is not ready", "kubelet")


def down() -> None:
    chosen = instance(Mode.FULL)
    with files.locked(chosen.lock):
        sandbox.close(chosen)
        if chosen.state.exists():
            shutil.rmtree(chosen.state)


def node_ready(chosen: Instance) -> bool:
    client = (golang.binary("kubectl"), "--kubeconfig", chosen.kubeconfig)
    return succeeds(*client, "wait", "--for=condition=Ready", f"node/{pki.NODE_NAME}", "--timeout=1s")


def _start_control_plane(chosen: Instance, box: Sandbox, addresses: Addresses) -> None:
    endpoints, keys = controlplane.on_node(addresses.node), controlplane.pki_dir(chosen)
    pki.make(keys, pki.FULL, endpoints.url, controlplane.certificate_names(endpoints))
    files.write(chosen.kubeconfig, pki.kubeconfig(keys, pki.ADMIN).read_text(), mode=0o600)

    def ensure(program: Program) -> None:
        processes.ensure(chosen, replace(program, enter=box.enter))

    ensure(controlplane.etcd(chosen, endpoints))
    ensure(controlplane.api_server(chosen, endpoints))
    health.wait_ready(chosen)
    ensure(controlplane.controller_manager(chosen, endpoints))
    ensure(controlplane.scheduler(chosen))


def _start_node(chosen: Instance, box: Sandbox, addresses: Addresses) -> None:
    processes.ensure(chosen, containerd.program(chosen, box))
    containerd.wait_ready(chosen, box)
    pause.provide(box)
    processes.ensure(chosen, kubelet.kubelet(chosen, box, addresses.node))
    processes.ensure(chosen, kubelet.proxy(chosen, box))
    addons.apply(chosen, addresses.node)
    processes.ensure(chosen, addons.coredns(chosen, box, addresses.node))
    processes.ensure(chosen, addons.metrics_server(chosen, box))
