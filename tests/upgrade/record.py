"""What a release leaves in its users' clusters: its CRD, and objects as its operator left them on a real API server."""

import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from dataservice_operator import __version__
from dataservice_operator.cluster.kinds import CHILDREN, DATA_SERVICE, REPLICA_SET, SECRET
from delivery.written import dumped
from tests.cluster.state import Cluster
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl
from tests.support.operator_process import OperatorProcess
from tests.support.shop import ROOT

HERE: Final = Path(__file__).parent
RELEASES: Final = HERE / "releases"
CRD: Final = ROOT / "crds/dataservice.dev_dataservices.yaml"
KINDS: Final = ",".join(kind.plural for kind in (DATA_SERVICE, *CHILDREN, SECRET, REPLICA_SET))
_MADE_FOR_EACH_NAMESPACE: Final = ("kube-root-ca.crt", "default")

_HEADER: Final = "# Written by `python -m tests.upgrade`. Do not edit. Its Secrets open nothing.\n"

Manifest = dict[str, Any]


@dataclass(frozen=True)
class Record:
    folder: Path

    @property
    def version(self) -> str:
        return self.folder.name

    @property
    def namespace(self) -> str:
        """The objects name it in places, so that they can be put into no other."""
        return f"release-{self.version.replace('.', '-')}"

    @property
    def crd_file(self) -> Path:
        return self.folder / "crd.yaml"

    @property
    def crd(self) -> Manifest:
        [read] = _read(self.crd_file)
        return read

    @property
    def left(self) -> list[Manifest]:
        return _read(self.folder / "left.yaml")

    def write(self, left: list[Manifest]) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.crd_file.write_bytes(CRD.read_bytes())
        text = _HEADER + "---\n".join(map(dumped, left))
        (self.folder / "left.yaml").write_text(text, encoding="utf-8")


def records() -> list[Record]:
    """Of all releases, the oldest first."""
    folders = [path for path in RELEASES.iterdir() if path.is_dir()]
    return [Record(path) for path in sorted(folders, key=lambda path: [*map(int, path.name.split("."))])]


def current(folder: Path = RELEASES) -> Record:
    """The record of the release that this checkout is, or becomes; it may not be there."""
    return Record(folder / re.sub(r"[^\d.].*", "", __version__))


def users() -> list[Manifest]:
    return _read(HERE / "users.yaml")


def made(kubectl: Kubectl, api_server: Cluster, namespace: str) -> list[Manifest]:
    """What this checkout's operator makes of what users have, in a namespace that is empty; the CRDs are there."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "operator.log"
        operator = OperatorProcess(api_server.kubeconfig, log, watch_namespaces=namespace)
        for manifest in users():
            kubectl(f"--namespace={namespace}", "apply", "--server-side", "--filename=-", manifest=manifest)
        try:
            operator.start()
            eventually(lambda: settled(kubectl, namespace, operator))
            return listed(kubectl, namespace)
        finally:
            operator.close()


def settled(kubectl: Kubectl, namespace: str, operator: OperatorProcess) -> bool:
    """Whether each DataService was acted on, and nobody has written anything since the last look."""
    before = _versions(kubectl, namespace)
    parents = [live for live in listed(kubectl, namespace) if live["kind"] == DATA_SERVICE.name]
    acted = all(live["status"]["observedGeneration"] == live["metadata"]["generation"] for live in parents)
    reconciled = operator.metric("dataservice_operator_reconcile_seconds_count") >= len(parents)
    idle = operator.metric("dataservice_operator_queue_depth") == 0
    return acted and reconciled and idle and _versions(kubectl, namespace) == before


def listed(kubectl: Kubectl, namespace: str) -> list[Manifest]:
    """All that belongs to the DataServices of a namespace, and what they name."""
    items = kubectl.json(f"--namespace={namespace}", "get", "--show-managed-fields", KINDS)["items"]
    return [_unversioned(live) for live in items if live["metadata"]["name"] not in _MADE_FOR_EACH_NAMESPACE]


def _versions(kubectl: Kubectl, namespace: str) -> list[str]:
    items = kubectl.json(f"--namespace={namespace}", "get", KINDS)["items"]
    return [live["metadata"]["resourceVersion"] for live in items]


def _unversioned(live: Mapping[str, Any]) -> Manifest:
    metadata = {name: value for name, value in live["metadata"].items() if name != "resourceVersion"}
    return {**live, "metadata": metadata}


def _read(file: Path) -> list[Manifest]:
    return list(yaml.load_all(file.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader))
