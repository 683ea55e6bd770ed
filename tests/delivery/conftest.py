"""The cluster with pods, without an operator; the images and the tools that delivering takes."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import golang
from tests.cluster.state import Cluster
from tests.support.kubectl import Kubectl
from tests.support.shop import Shop, opened
from tests.support.tools import run, tool

ROOT = Path(__file__).resolve().parents[2]
SYSTEM = "dataservice-system"
RELEASE = "dataservice-operator"


@pytest.fixture
def bare(kubectl: Kubectl, cluster: Cluster) -> Iterator[None]:
    """The cluster with nothing of ours on it: no operator, no CRD, no release of Helm's."""
    _clear(kubectl, cluster)
    yield
    _clear(kubectl, cluster)


def _clear(kubectl: Kubectl, cluster: Cluster) -> None:
    run(tool("helm"), "uninstall", RELEASE, f"--namespace={SYSTEM}", f"--kubeconfig={cluster.kubeconfig}")
    kubectl("delete", "--ignore-not-found", f"--kustomize={ROOT / 'k8s/overlays/dev'}", seconds=120)
    kubectl("delete", "namespace", "--ignore-not-found", "dataservice-smoke", seconds=120)


@pytest.fixture
def shop(kubectl: Kubectl, cluster: Cluster, images: None) -> Iterator[Shop]:  # noqa: ARG001 - the database's image
    with opened(kubectl, cluster) as shop:
        yield shop


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with kubectl and helm as users call them, for PATH."""
    folder = tmp_path_factory.mktemp("bin")
    for name in ("kubectl", "helm"):
        (folder / name).symlink_to(golang.binary(name))
    return folder
