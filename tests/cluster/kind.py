"""The same cluster where a Docker engine runs: kind, built from its Go module, and metrics-server."""

from pathlib import Path

from tests.cluster import files, golang, health, versions
from tests.cluster.commands import run, run_logged, succeeds
from tests.cluster.identity import Instance, cache_dir
from tests.cluster.progress import Report, Task

METRICS_MANIFEST = (
    "https://github.com/kubernetes-sigs/metrics-server/releases/download/"
    f"v{versions.METRICS_SERVER}/components.yaml"
)


def up_tasks(instance: Instance) -> list[Task]:
    if exists(instance) and health.ready(instance):
        return []
    start = Task("start the cluster in Docker", lambda report: up(instance, report))
    return [*golang.build_tasks(golang.ON_DOCKER), start]


def exists(instance: Instance) -> bool:
    return _kind().exists() and _name(instance) in run(_kind(), "get", "clusters").split()


def up(instance: Instance, report: Report) -> None:
    """Make the cluster; its kubeconfig goes to the state directory, never to the user's own."""
    if not exists(instance):
        words = ("create", "cluster", "--name", _name(instance), "--wait", "120s")
        log = cache_dir() / "log" / "kind.log"
        run_logged(_kind(), *words, "--kubeconfig", instance.kubeconfig, log=log, report=report)
    files.write(instance.kubeconfig, run(_kind(), "get", "kubeconfig", "--name", _name(instance)), mode=0o600)
    if not succeeds(*_kubectl(instance), "get", "apiservice", "v1beta1.metrics.k8s.io"):
        report("metrics-server")
        _add_metrics(instance)


def down(instance: Instance) -> None:
    if not exists(instance):
        return
    run(_kind(), "delete", "cluster", "--name", _name(instance), "--kubeconfig", instance.kubeconfig)


def load(instance: Instance, image: str) -> None:
    run(_kind(), "load", "docker-image", image, "--name", _name(instance))


def remove(instance: Instance, image: str) -> None:
    for node in _nodes(instance):
        run("docker", "exec", node, "crictl", "rmi", image)


def trust(instance: Instance, registry: str) -> None:
    """Let the nodes pull, without TLS, from a registry that they reach at the machine's end of their network."""
    network = ("docker", "network", "inspect", "kind", "--format={{range .IPAM.Config}}{{.Gateway}} {{end}}")
    gateway = next(address for address in run(*network).split() if ":" not in address)
    host = f"http://{gateway}:{registry.rpartition(':')[2]}"
    folder = f"/etc/containerd/certs.d/{registry}"
    text = f'[host."{host}"]\n  capabilities = ["pull", "resolve"]\n'
    for node in _nodes(instance):
        script = f'mkdir -p "{folder}" && cat > "{folder}/hosts.toml"'
        run("docker", "exec", "--interactive", node, "sh", "-c", script, stdin=text)


def node_address(instance: Instance) -> str:
    path = "jsonpath={.items[0].status.addresses[?(@.type=='InternalIP')].address}"
    return run(*_kubectl(instance), "get", "nodes", "-o", path)


def _add_metrics(instance: Instance) -> None:
    """Apply the released manifest, told that kind's kubelets sign their certificates themselves."""
    run(*_kubectl(instance), "apply", "-f", METRICS_MANIFEST)
    flags = '[{"op":"add","path":"/spec/template/spec/containers/0/args/-","value":"--kubelet-insecure-tls"}]'
    run(
        *_kubectl(instance),
        "patch",
        "deployment/metrics-server",
        "-n",
        "kube-system",
        "--type=json",
        "-p",
        flags,
    )


def _nodes(instance: Instance) -> list[str]:
    return run(_kind(), "get", "nodes", "--name", _name(instance)).split()


def _kind() -> Path:
    return golang.binary("kind")


def _kubectl(instance: Instance) -> tuple[str | Path, ...]:
    return (golang.binary("kubectl"), "--kubeconfig", instance.kubeconfig)


def _name(instance: Instance) -> str:
    return f"dataservice-{instance.id}"
