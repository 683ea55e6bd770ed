"""The Debian packages that a node and its images need."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.commands import run_logged
from tests.cluster.errors import ClusterError
from tests.cluster.identity import cache_dir
from tests.cluster.progress import Report, Task

NEEDED = {
    "runc": "runc",
    "buildah": "buildah",
    "debootstrap": "debootstrap",
    "iptables": "iptables",
    "conntrack": "conntrack",
    "ip": "iproute2",
    "nsenter": "util-linux",
    "ethtool": "ethtool",
    "socat": "socat",
    "openssl": "openssl",
    "/usr/lib/cni/bridge": "containernetworking-plugins",
}
"""Program -> package, for a cluster with a node."""

FOR_TOOLS = {
    "dot": "graphviz",
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf": "fonts-dejavu-core",
    "chromium": "chromium",
}
"""For the pictures in docs/, and a browser that opens the service's page."""

SYSTEM_DIRECTORIES = "/usr/local/sbin:/usr/sbin:/sbin:/usr/local/bin:/usr/bin:/bin"


def missing(needed: Mapping[str, str] = NEEDED) -> list[str]:
    path = f"{os.environ.get('PATH', '')}:{SYSTEM_DIRECTORIES}"
    return [
        package
        for program, package in needed.items()
        if shutil.which(program, path=path) is None and not Path(program).is_file()
    ]


def check_root() -> None:
    if os.geteuid() != 0:
        raise ClusterError(
            "a cluster with a node needs root (or a running Docker engine): use sudo, or `up --control-plane`"
            " for the API server alone"
        )


def install_tasks(needed: Mapping[str, str] = NEEDED) -> list[Task]:
    names = missing(needed)
    if not names:
        return []
    command = f"apt-get install --no-install-recommends {' '.join(names)}"
    if shutil.which("apt-get") is None:
        raise ClusterError(f"install these packages by your distribution's means: {' '.join(names)}")
    if os.geteuid() != 0:
        raise ClusterError(f"some packages are missing: sudo {command}")
    return [Task(f"install {' '.join(names)}", lambda report: _install(names, report))]


def _install(names: list[str], report: Report) -> None:
    log = cache_dir() / "log" / "apt-get.log"
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    install = ["apt-get", "install", "--yes", "--no-install-recommends", *names]
    try:
        run_logged(*install, log=log, report=report, env=env)
    except ClusterError:
        run_logged("apt-get", "update", log=log, report=report, env=env)  # the lists were old or absent
        run_logged(*install, log=log, report=report, env=env)
