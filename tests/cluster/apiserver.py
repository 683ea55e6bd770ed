"""The API server without a node: etcd, API server and controller manager on loopback, without root."""

import shutil

from tests.cluster import controlplane, files, golang, health, pki, processes
from tests.cluster.addresses import claim
from tests.cluster.identity import Mode, instance
from tests.cluster.progress import Report, Task

PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager")


def up_tasks() -> list[Task]:
    if healthy():
        return []
    return [*golang.build_tasks(golang.CONTROL_PLANE), Task("start the API server", start)]


def healthy() -> bool:
    chosen = instance(Mode.CONTROL_PLANE)
    running = processes.all_recorded(chosen)
    return len(running) == len(PROGRAMS) and all(r.alive for r in running) and health.ready(chosen)


def start(report: Report) -> None:
    chosen = instance(Mode.CONTROL_PLANE)
    with files.locked(chosen.lock):
        processes.forget_dead(chosen)
        endpoints = controlplane.on_loopback(claim(chosen).port)
        keys = controlplane.pki_dir(chosen)
        report("certificates")
        pki.make(keys, pki.CONTROL_PLANE, endpoints.url, controlplane.certificate_names(endpoints))
        files.write(chosen.kubeconfig, pki.kubeconfig(keys, pki.ADMIN).read_text(), mode=0o600)
        report("waiting until it is ready")
        processes.ensure(chosen, controlplane.etcd(chosen, endpoints))
        processes.ensure(chosen, controlplane.api_server(chosen, endpoints))
        health.wait_ready(chosen)
        processes.ensure(chosen, controlplane.controller_manager(chosen, endpoints))
        health.wait_for_controllers(chosen)


def down() -> None:
    chosen = instance(Mode.CONTROL_PLANE)
    with files.locked(chosen.lock):
        processes.stop_all(chosen)
        if chosen.state.exists():
            shutil.rmtree(chosen.state)
