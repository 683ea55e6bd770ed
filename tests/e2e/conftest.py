"""The operator installed on the real cluster as a user would, and a namespace with a database for each test."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cluster.state import Cluster, full_cluster
from tests.e2e.shop import Shop
from tests.support.kubectl import Kubectl, fresh_namespace
from tests.support.required import unavailable

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
    """A restricted namespace with the sample database, and the Secret that names it."""
    with fresh_namespace(kubectl) as namespace:
        kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
        shop = Shop(kubectl, namespace, cluster.node_address or "127.0.0.1")
        for manifest in samples(kubectl):
            if manifest["metadata"]["name"] in ("mongodb", "orders-mongo"):
                shop("apply", "--filename=-", manifest=moved(manifest, namespace))
        yield shop


def samples(kubectl: Kubectl) -> list[dict[str, Any]]:
    """The sample manifests, with the images of the test cluster."""
    return list(yaml.safe_load_all(kubectl("kustomize", str(ROOT / "k8s/overlays/dev-samples"))))


def moved(manifest: dict[str, Any], namespace: str) -> dict[str, Any]:
    """A sample in another namespace than its own."""
    text = yaml.safe_dump(manifest).replace(".shop.svc", f".{namespace}.svc")
    copy: dict[str, Any] = yaml.safe_load(text)
    copy["metadata"]["namespace"] = namespace
    return copy
