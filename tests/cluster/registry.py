"""A registry on this machine that the node pulls from: in memory, and gone when it ends."""

import contextlib
import socket
import subprocess
import time
from collections.abc import Iterator

from tests.cluster import containerd, engine, golang, kind
from tests.cluster.addresses import claimed
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Mode, instance
from tests.cluster.ports import free_port

START_SECONDS = 10.0


@contextlib.contextmanager
def serving() -> Iterator[str]:
    """HOST:PORT of a registry without TLS, the same for who pushes from this machine and for the node."""
    chosen = instance(Mode.FULL)
    if engine.docker_runs():  # Docker pushes without TLS to loopback only
        host, listen = "localhost", "0.0.0.0"  # noqa: S104 - the nodes come from another network of Docker's
    else:
        addresses = claimed(chosen)
        if addresses is None:
            raise ClusterError("the cluster is not up: `python -m tests.cluster up`")
        host = listen = addresses.machine
    port = free_port(listen)
    command = [str(golang.binary("crane")), "registry", "serve", f"--address={listen}:{port}"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as registry:
        try:
            _wait(registry, listen, port)
            address = f"{host}:{port}"
            (kind.trust if engine.docker_runs() else containerd.trust)(chosen, address)
            yield address
        finally:
            registry.terminate()


def _wait(registry: subprocess.Popen[bytes], host: str, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and registry.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection((host, port), timeout=1):
            return
        time.sleep(0.05)
    raise ClusterError(f"the registry at {host}:{port} does not answer")
