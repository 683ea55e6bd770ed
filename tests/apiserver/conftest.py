"""An API server without nodes, the CRD on it, and a namespace for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.state import Cluster, control_plane
from tests.support.kubectl import Kubectl, fresh_namespace
from tests.support.required import unavailable

ROOT = Path(__file__).resolve().parents[2]
SERVICE_MONITORS = Path(__file__).parent / "service_monitor_crd.yaml"
CRD = "customresourcedefinition/dataservices.dataservice.dev"


@pytest.fixture(scope="session")
def api_server() -> Cluster:
    """The API server; the test is skipped, or fails where it is required, when none is up."""
    return control_plane() or unavailable("needs an API server: make cluster")


@pytest.fixture(scope="session")
def kubectl(api_server: Cluster) -> Kubectl:
    return Kubectl(api_server.kubectl, api_server.kubeconfig)


@pytest.fixture(scope="session")
def crd(kubectl: Kubectl) -> str:
    """Name of the committed CRD, applied and established."""
    kubectl("apply", "--server-side", "--force-conflicts", f"--filename={ROOT / 'crds'}")
    kubectl("wait", "--for=condition=Established", "--timeout=30s", CRD)
    return CRD


@pytest.fixture(scope="session")
def service_monitors(kubectl: Kubectl) -> str:
    """Name of the CRD of ServiceMonitors, applied and established."""
    kubectl("apply", "--server-side", f"--filename={SERVICE_MONITORS}")
    name = "customresourcedefinition/servicemonitors.monitoring.coreos.com"
    kubectl("wait", "--for=condition=Established", "--timeout=30s", name)
    return name


@pytest.fixture
def namespace(kubectl: Kubectl, crd: str, service_monitors: str) -> Iterator[str]:  # noqa: ARG001 - what is put there
    """A namespace of the test's own."""
    with fresh_namespace(kubectl) as name:
        yield name
