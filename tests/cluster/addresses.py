"""Which link and which ports a cluster uses: derived from its name, kept clear of what others use."""

import json
import socket
from dataclasses import dataclass
from ipaddress import IPv4Network

from tests.cluster import files
from tests.cluster.commands import run
from tests.cluster.errors import ClusterError
from tests.cluster.identity import (
    CHECKOUT,
    Instance,
    Mode,
    clusters_dir,
    machine_address,
    node_address,
    preferred_ports,
    preferred_subnets,
)


@dataclass(frozen=True)
class Addresses:
    subnet: IPv4Network | None = None
    """The link between machine and node; a control plane alone has none."""
    port: int = 0
    """The first of a control plane's block of ports on loopback."""

    @property
    def machine(self) -> str:
        return str(machine_address(self._link))

    @property
    def node(self) -> str:
        return str(node_address(self._link))

    @property
    def _link(self) -> IPv4Network:
        assert self.subnet is not None, "only a full cluster has a node"
        return self.subnet


def claimed(instance: Instance) -> Addresses | None:
    """What this cluster has been using, if it exists."""
    return _read(instance.state.name)


def claim(instance: Instance) -> Addresses:
    """Take addresses for as long as the cluster's state exists."""
    with files.locked(clusters_dir() / ".lock"):
        if (known := claimed(instance)) is not None:
            return known
        chosen = _choose(instance)
        fields = {
            "checkout": str(CHECKOUT),
            "subnet": str(chosen.subnet) if chosen.subnet else None,
            "port": chosen.port,
        }
        files.write(instance.state / "addresses.json", json.dumps(fields, indent=1))
        return chosen


def _choose(instance: Instance) -> Addresses:
    others = [a for d in clusters_dir().iterdir() if (a := _read(d.name)) is not None]
    if instance.mode is Mode.FULL:
        return Addresses(
            subnet=free_subnet(instance.id, [*_routed(), *(a.subnet for a in others if a.subnet)])
        )
    return Addresses(port=free_port(instance.id, {a.port for a in others}))


def free_subnet(id_: str, taken: list[IPv4Network]) -> IPv4Network:
    for subnet in preferred_subnets(id_):
        if not any(subnet.overlaps(other) for other in taken):
            return subnet
    raise ClusterError("no free /30 is left in the test clusters' range: `down` clusters of other checkouts")


def free_port(id_: str, taken: set[int]) -> int:
    for port in preferred_ports(id_):
        if port not in taken and all(_listens_nobody(port + offset) for offset in range(4)):
            return port
    raise ClusterError("no free block of ports is left on loopback")


def _read(name: str) -> Addresses | None:
    try:
        fields = json.loads((clusters_dir() / name / "addresses.json").read_text())
    except (FileNotFoundError, NotADirectoryError):
        return None
    return Addresses(IPv4Network(fields["subnet"]) if fields["subnet"] else None, fields["port"])


def _routed() -> list[IPv4Network]:
    """What the machine already routes somewhere, but for its default route."""
    routes = json.loads(run("ip", "-json", "-4", "route", "show", "table", "all"))
    networks = [IPv4Network(r["dst"], strict=False) for r in routes if r["dst"][0].isdigit()]
    return [n for n in networks if n.prefixlen > 0]


def _listens_nobody(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
