"""The operator installed on the real cluster as a user would, and a namespace with a database for each test."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import volumes
from tests.cluster.state import Cluster
from tests.support.argocd import assert_agrees_with_flux
from tests.support.honest import assert_honest
from tests.support.kubectl import Kubectl
from tests.support.shop import Shop, opened
from tests.support.watched import watched

ROOT = Path(__file__).resolve().parents[2]
OPERATOR = "dataservice-system"
DEADLINE = 10
"""Seconds; the least that the operator takes."""


@pytest.fixture(scope="session")
def installed(kubectl: Kubectl, images: None) -> None:  # noqa: ARG001 - what it runs
    """The operator running from the images of this checkout."""
    kubectl("apply", "--server-side", "--force-conflicts", f"--kustomize={ROOT / 'k8s/overlays/dev'}")
    kubectl("rollout", "restart", f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    deployment = (f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    kubectl("rollout", "status", *deployment, "--timeout=90s", seconds=100)


@pytest.fixture(scope="module")
def impatient(kubectl: Kubectl, installed: None) -> Iterator[None]:  # noqa: ARG001 - what is changed
    """The operator with the shortest deadline."""
    variable = "DATASERVICE_OPERATOR_PROGRESS_DEADLINE_SECONDS"
    _set(kubectl, f"{variable}={DEADLINE}")
    yield
    _set(kubectl, f"{variable}-")


def _set(kubectl: Kubectl, variable: str) -> None:
    deployment = (f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    kubectl("set", "env", *deployment, variable)
    kubectl("rollout", "status", *deployment, "--timeout=90s", seconds=100)


@pytest.fixture
def empty_shop(kubectl: Kubectl, cluster: Cluster, installed: None) -> Iterator[Shop]:  # noqa: ARG001 - needed to be there
    """A namespace with a database and no DataService yet."""
    with opened(kubectl, cluster) as shop:
        yield shop


@pytest.fixture
def versions(kubectl: Kubectl, empty_shop: Shop) -> Iterator[list[dict[str, Any]]]:
    """Each version of the DataService so far: none may tell of what is not so, to no tool."""
    with watched(kubectl, empty_shop.namespace, "dataservice") as versions:
        yield versions
        for version in versions:
            assert_honest(version)
            assert_agrees_with_flux(version)


@pytest.fixture
def shop(empty_shop: Shop, versions: list[dict[str, Any]]) -> Shop:  # noqa: ARG001 - looked at all the time
    return empty_shop


@pytest.fixture
def storage_class(empty_shop: Shop, cluster: Cluster) -> Iterator[str]:
    """A StorageClass with a volume that pods may write to."""
    name, manifests = volumes.storage(cluster.instance, empty_shop.namespace)
    yield from made(empty_shop, name, manifests)


def made(shop: Shop, name: str, manifests: list[dict[str, Any]]) -> Iterator[str]:
    for manifest in manifests:
        shop.kubectl("create", "--filename=-", manifest=manifest)
    yield name
    for manifest in manifests:
        shop.kubectl("delete", manifest["kind"], manifest["metadata"]["name"], "--wait=false")
