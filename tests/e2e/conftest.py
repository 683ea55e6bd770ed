"""The operator installed on the real cluster as a user would, and a namespace with a database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.state import Cluster
from tests.support.kubectl import Kubectl
from tests.support.shop import Shop, opened

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = "dataservice-system"


@pytest.fixture(scope="session")
def installed(kubectl: Kubectl, images: None) -> None:  # noqa: ARG001 - what it runs
    """The operator running from the images of this checkout."""
    kubectl("apply", "--server-side", "--force-conflicts", f"--kustomize={ROOT / 'k8s/overlays/dev'}")
    kubectl("rollout", "restart", f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    deployment = (f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    kubectl("rollout", "status", *deployment, "--timeout=90s", seconds=100)


@pytest.fixture
def shop(kubectl: Kubectl, cluster: Cluster, installed: None) -> Iterator[Shop]:  # noqa: ARG001 - needed to be there
    with opened(kubectl, cluster) as shop:
        yield shop
