"""The operator installed on the real cluster as a user would, and a namespace with a database for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.state import Cluster
from tests.support.honest import assert_honest
from tests.support.kubectl import Kubectl
from tests.support.shop import Shop, opened
from tests.support.watched import watched

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
    """A namespace whose DataService is looked at in each of its versions: none may tell of what is not so."""
    with opened(kubectl, cluster) as shop, watched(kubectl, shop.namespace, "dataservice") as versions:
        yield shop
        for version in versions:
            assert_honest(version)
