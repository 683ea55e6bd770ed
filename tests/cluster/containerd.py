"""The container runtime of the node: its configuration and its images."""

import json
import time
from pathlib import Path

from tests.cluster import files, golang, processes
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance
from tests.cluster.processes import Program
from tests.cluster.sandbox import Sandbox

SOCKET = "/run/containerd/containerd.sock"
PAUSE_IMAGE = "localhost/dataservice/pause:dev"
POD_RANGE = "10.244.0.0/24"

CONFIG = """\
version = 3
root = "{state}/containerd"
state = "/run/containerd"

[grpc]
  address = "{socket}"

[plugins.'io.containerd.cri.v1.images'.pinned_images]
  sandbox = "{pause}"

[plugins.'io.containerd.cri.v1.images'.registry]
  config_path = "{state}/registries"

[plugins.'io.containerd.cri.v1.runtime']
  # Lowering an out-of-memory score takes a capability that root in a container may lack.
  restrict_oom_score_adj = true

  [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    runtime_path = "{shim}"

    [plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
      SystemdCgroup = false
      BinaryName = "runc"

  [plugins.'io.containerd.cri.v1.runtime'.cni]
    bin_dirs = ["/usr/lib/cni"]
    conf_dir = "{state}/cni"
"""


def program(instance: Instance, sandbox: Sandbox) -> Program:
    directory = instance.state
    shim = golang.binary("containerd-shim-runc-v2")
    config = CONFIG.format(state=directory, socket=SOCKET, pause=PAUSE_IMAGE, shim=shim)
    return Program(
        "containerd",
        (str(golang.binary("containerd")), f"--config={directory}/containerd.toml"),
        config=(
            (directory / "containerd.toml", config),
            (directory / "cni" / "10-bridge.conflist", _pod_network()),
        ),
        enter=sandbox.enter,
    )


def wait_ready(instance: Instance, sandbox: Sandbox) -> None:
    for _ in range(100):
        if sandbox.succeeds(*_ctr("version")):
            return
        time.sleep(0.1)
    raise ClusterError("containerd does not answer", log=processes.log_file(instance, "containerd"))


def trust(instance: Instance, registry: str) -> None:
    """Let the node pull from a registry of this machine, without TLS. Read at each pull: nothing is restarted."""
    text = (
        f'server = "http://{registry}"\n\n[host."http://{registry}"]\n  capabilities = ["pull", "resolve"]\n'
    )
    files.write(instance.state / "registries" / registry / "hosts.toml", text)


def import_image(sandbox: Sandbox, archive: Path) -> None:
    sandbox.run(*_ctr("--namespace=k8s.io", "images", "import", str(archive)))


def remove_image(sandbox: Sandbox, name: str) -> None:
    sandbox.run(*_ctr("--namespace=k8s.io", "images", "remove", name))


def has_image(sandbox: Sandbox, name: str) -> bool:
    return name in sandbox.run(*_ctr("--namespace=k8s.io", "images", "list", "--quiet")).split()


def _ctr(*argv: str) -> tuple[str, ...]:
    return (str(golang.binary("ctr")), f"--address={SOCKET}", *argv)


def _pod_network() -> str:
    """Describe one bridge inside the node, and the ports that pods ask for on the node itself."""
    bridge = {
        "type": "bridge",
        "bridge": "cni0",
        "isGateway": True,
        "ipMasq": True,
        "hairpinMode": True,
        "ipam": {"type": "host-local", "ranges": [[{"subnet": POD_RANGE}]], "routes": [{"dst": "0.0.0.0/0"}]},
    }
    ports = {"type": "portmap", "capabilities": {"portMappings": True}}
    return json.dumps({"cniVersion": "1.0.0", "name": "pods", "plugins": [bridge, ports]}, indent=1)
