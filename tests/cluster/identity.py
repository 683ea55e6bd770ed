"""Who this checkout is: the names, places and addresses that keep two checkouts' clusters apart."""

import hashlib
import os
import re
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import TypeVar

from tests.cluster.errors import ClusterError

_T = TypeVar("_T")

CHECKOUT = Path(__file__).resolve().parents[2]
IDENTITY_VARIABLE = "DATASERVICE_CLUSTER_ID"
"""Names another cluster of this checkout: the tests of the tool must not touch the one in use."""

SUBNETS = IPv4Network("10.200.0.0/16")
"""Each node's link to the machine is a /30 of this range."""

PORTS = range(20_000, 32_000, 4)
"""First ports of the blocks that control planes listen on: below every ephemeral port range."""


class Mode(StrEnum):
    FULL = "full"
    CONTROL_PLANE = "control-plane"


@dataclass(frozen=True)
class Instance:
    """One cluster of one checkout."""

    id: str
    mode: Mode

    @property
    def name(self) -> str:
        return self.id if self.mode is Mode.FULL else f"{self.id}-api"

    @property
    def state(self) -> Path:
        """All that this cluster writes lies below."""
        return clusters_dir() / self.name

    @property
    def lock(self) -> Path:
        """Held while the cluster is changed. Beside the state, so that it outlives it."""
        return clusters_dir() / f".{self.name}.lock"

    @property
    def kubeconfig(self) -> Path:
        return self.state / "kubeconfig"

    @property
    def logs(self) -> Path:
        return self.state / "log"

    @property
    def host_link(self) -> str:
        """The machine's end of the link to the node. Linux allows interface names of 15 bytes."""
        return f"ds-{self.id}-m"

    @property
    def node_link(self) -> str:
        return f"ds-{self.id}-n"


def instance(mode: Mode) -> Instance:
    return Instance(checkout_id(), mode)


def checkout_id() -> str:
    chosen = os.environ.get(IDENTITY_VARIABLE)
    if chosen is None:
        return digest(str(CHECKOUT))[:8]
    if not re.fullmatch(r"[a-z0-9]{1,8}", chosen):
        raise ClusterError(f"{IDENTITY_VARIABLE} must be 1 to 8 of a-z and 0-9, not {chosen!r}")
    return chosen


def cache_dir() -> Path:
    """What outlives a checkout: binaries, base images and the state of every cluster."""
    if chosen := os.environ.get("DATASERVICE_CACHE"):
        return Path(chosen).expanduser().resolve()
    return Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "dataservice"


def clusters_dir() -> Path:
    return cache_dir() / "clusters"


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def preferred_subnets(id_: str) -> list[IPv4Network]:
    """Every /30 of the range, starting with the one that the identity points at."""
    subnets = list(SUBNETS.subnets(new_prefix=30))
    return _rotated(subnets, int(digest(id_), 16) % len(subnets))


def preferred_ports(id_: str) -> list[int]:
    return _rotated(list(PORTS), int(digest(id_), 16) % len(PORTS))


def machine_address(subnet: IPv4Network) -> IPv4Address:
    return subnet[1]


def node_address(subnet: IPv4Network) -> IPv4Address:
    return subnet[2]


def _rotated(items: list[_T], start: int) -> list[_T]:
    return items[start:] + items[:start]
