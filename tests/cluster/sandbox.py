"""The node's own corner of the machine: namespaces for processes, mounts and network.

All of the node runs below one process. When that one ends, even by kill -9, the kernel ends the rest and
takes mounts and network with it, so nothing can be left behind but files and empty control groups.
"""

import contextlib
import shlex
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import processes
from tests.cluster.addresses import Addresses
from tests.cluster.commands import run, succeeds
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance
from tests.cluster.processes import Program
from tests.cluster.procfs import children, sees_mount

NAME = "node"
CGROUPS = Path("/sys/fs/cgroup")

PRIVATE = (
    "/run/containerd",
    "/run/netns",
    "/tmp/hostpath_pv",  # noqa: S108 - fixed in Kubernetes' host-path provisioner
    "/var/lib/cni",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
)
"""Places whose paths are fixed in the programs of a node: each node sees its own there."""

VOLATILE = ("/run/containerd", "/run/netns", "/var/lib/cni")
"""What tells of processes and networks: it ends with the node's first process, as with a power cut."""


@dataclass(frozen=True)
class Sandbox:
    init: int
    """The process, as the machine numbers it, that is the first inside."""

    @property
    def enter(self) -> tuple[str, ...]:
        return ("nsenter", f"--target={self.init}", "--mount", "--net", "--pid")

    def run(self, *argv: str | Path) -> str:
        return run(*self.enter, *argv)

    def succeeds(self, *argv: str | Path) -> bool:
        return succeeds(*self.enter, *argv)


def open_(instance: Instance, addresses: Addresses) -> Sandbox:
    if find(instance) is None:
        for place in VOLATILE:
            shutil.rmtree(_behind(instance, place), ignore_errors=True)
    for place in PRIVATE:
        Path(place).mkdir(parents=True, exist_ok=True)
        _behind(instance, place).mkdir(parents=True, exist_ok=True)
    running = processes.ensure(instance, _program(instance))
    sandbox = Sandbox(_first_inside(instance, running.pid))
    _wait_furnished(instance, sandbox)
    _link(instance, sandbox, addresses)
    for group in control_groups(instance):
        _make_control_group(group)
    return sandbox


def find(instance: Instance) -> Sandbox | None:
    """Return the sandbox that is open, if it is."""
    running = processes.recorded(instance, NAME)
    if running is None or not running.alive:
        return None
    inside = children(running.pid)
    return Sandbox(inside[0]) if inside else None


def cgroup(instance: Instance) -> str:
    """Name the control group of all pods. Two kubelets in one would end each other's pods."""
    return f"/dataservice-{instance.id}"


def close(instance: Instance) -> None:
    processes.stop_all(instance)
    for group in control_groups(instance):
        _remove_control_group(group)
    remove_link(instance.host_link)
    for place in PRIVATE:
        if not sees_mount(place):  # removing it would take the mount from another cluster
            with contextlib.suppress(FileNotFoundError, OSError):  # not empty: the machine's own, it stays
                Path(place).rmdir()


def remove_link(name: str) -> None:
    """Remove a network interface that may be gone, or go while this is asked.

    The kernel takes the near end of a pair some time after the namespace at its other end was let go.
    """
    try:
        run("ip", "link", "delete", name)
    except ClusterError:
        if succeeds("ip", "link", "show", name):
            raise


def _program(instance: Instance) -> Program:
    binds = [f"mount --bind {shlex.quote(str(_behind(instance, place)))} {place}" for place in PRIVATE]
    script = "\n".join(
        [
            "set -e",
            "mount --make-rshared /",  # among the node's own mounts: containers receive what kubelet mounts
            *binds,
            "ip link set lo up",
            "trap '' CHLD",  # ignored, it also reaps orphans, as the first process of a namespace must
            "exec sleep infinity",
        ]
    )
    namespaces = ("--mount", "--net", "--pid", "--mount-proc", "--fork", "--kill-child=SIGKILL")
    return Program(NAME, (processes.SANDBOX, *namespaces, "--propagation=private", "sh", "-c", script))


def _behind(instance: Instance, place: str) -> Path:
    return instance.state / "node" / place.strip("/")


def _first_inside(instance: Instance, parent: int) -> int:
    for _ in range(100):
        if inside := children(parent):
            return inside[0]
        time.sleep(0.05)
    raise ClusterError("the node's namespaces cannot be made", log=processes.log_file(instance, NAME))


def _wait_furnished(instance: Instance, sandbox: Sandbox) -> None:
    """Wait until the script has come to its last line."""
    for _ in range(100):
        with contextlib.suppress(FileNotFoundError):
            if Path(f"/proc/{sandbox.init}/cmdline").read_bytes().startswith(b"sleep"):
                return
        time.sleep(0.05)
    raise ClusterError("the node's mounts cannot be made", log=processes.log_file(instance, NAME))


def _link(instance: Instance, sandbox: Sandbox, addresses: Addresses) -> None:
    """Connect machine and node. There is no route beyond the machine, and none is forwarded."""
    host, node, inside = (
        instance.host_link,
        instance.node_link,
        ("nsenter", f"--target={sandbox.init}", "--net"),
    )
    if run(*inside, "ip", "route", "show", "default"):  # the last that is done below
        return
    remove_link(host)  # half made, or of a node that was killed, and the kernel has yet to take it
    run("ip", "link", "add", host, "type", "veth", "peer", "name", node, "netns", str(sandbox.init))
    run(*inside, "ip", "address", "add", f"{addresses.node}/30", "dev", node)
    run(*inside, "ip", "link", "set", node, "up")
    run("ip", "address", "add", f"{addresses.machine}/30", "dev", host)
    run("ip", "link", "set", host, "up")
    run(*inside, "ip", "route", "add", "default", "via", addresses.machine)


def control_groups(instance: Instance) -> list[Path]:
    """Find the group's place in each hierarchy: one in version 2, one for each controller in version 1."""
    unified = (CGROUPS / "cgroup.controllers").exists()
    roots = (
        [CGROUPS] if unified else [d for d in sorted(CGROUPS.iterdir()) if d.is_dir() and not d.is_symlink()]
    )
    return [root / cgroup(instance).strip("/") for root in roots]


def _make_control_group(group: Path) -> None:
    if (available := group.parent / "cgroup.controllers").exists():
        wanted = " ".join(f"+{name}" for name in available.read_text().split())
        (group.parent / "cgroup.subtree_control").write_text(wanted)
    group.mkdir(exist_ok=True)
    for inherited in ("cpuset.cpus", "cpuset.mems"):  # empty at first in version 1, and then useless
        if (value := group / inherited).exists() and not value.read_text().strip():
            value.write_text((group.parent / inherited).read_text())


def _remove_control_group(group: Path) -> None:
    for directory in sorted((d for d in group.rglob("*") if d.is_dir()), reverse=True):
        _remove_when_empty(directory)
    if group.exists():
        _remove_when_empty(group)


def _remove_when_empty(directory: Path) -> None:
    for _ in range(100):  # a process that was just killed still counts for a moment
        try:
            return directory.rmdir()
        except OSError:
            time.sleep(0.05)
    raise ClusterError(
        f"{directory} still holds processes: {(directory / 'cgroup.procs').read_text().split()}"
    )
