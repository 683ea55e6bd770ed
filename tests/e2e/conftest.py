"""The operator installed on the real cluster as a user would, and a namespace with a database for each test."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.state import Cluster, full_cluster
from tests.support.kubectl import Kubectl
from tests.support.required import unavailable
from tests.support.shop import Shop, opened

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = "dataservice-system"


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster with a node; the test is skipped, or fails where it is required, when none is up."""
    return full_cluster() or unavailable("needs a cluster with a node: make cluster")


@pytest.fixture(scope="session")
def kubectl(cluster: Cluster) -> Kubectl:
    return Kubectl(cluster.kubectl, cluster.kubeconfig)


@pytest.fixture(scope="session")
def installed(kubectl: Kubectl) -> None:
    """The images of this checkout on the node, and the operator running from them."""
    subprocess.run([sys.executable, "-m", "tests.cluster", "images"], cwd=ROOT, check=True)
    kubectl("apply", "--server-side", "--force-conflicts", f"--kustomize={ROOT / 'k8s/overlays/dev'}")
    kubectl("rollout", "restart", f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    deployment = (f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    kubectl("rollout", "status", *deployment, "--timeout=90s", seconds=100)


@pytest.fixture
def shop(kubectl: Kubectl, cluster: Cluster, installed: None) -> Iterator[Shop]:  # noqa: ARG001 - needed to be there
    with opened(kubectl, cluster) as shop:
        yield shop
