"""An API server without nodes, the CRD on it, and a namespace for each test."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.apiserver.scene import Scene
from tests.cluster.state import Cluster
from tests.support.kubectl import Kubectl, fresh_namespace, install_crds
from tests.support.operator_process import OperatorProcess
from tests.support.stalling_proxy import StallingProxy

ROOT = Path(__file__).resolve().parents[2]
SERVICE_MONITORS = Path(__file__).parent / "service_monitor_crd.yaml"
CRD = "customresourcedefinition/dataservices.dataservice.dev"


@pytest.fixture(scope="session")
def kubectl(api_server: Cluster) -> Kubectl:
    return Kubectl(api_server.kubectl, api_server.kubeconfig)


@pytest.fixture(scope="session")
def crd(kubectl: Kubectl) -> str:
    """Name of the committed CRD, applied and established."""
    install_crds(kubectl, ROOT / "crds")
    return CRD


@pytest.fixture(scope="session")
def service_monitors(kubectl: Kubectl) -> str:
    """Name of the CRD of ServiceMonitors, applied and established."""
    install_crds(kubectl, SERVICE_MONITORS)
    return "customresourcedefinition/servicemonitors.monitoring.coreos.com"


@pytest.fixture
def namespace(kubectl: Kubectl, crd: str, service_monitors: str) -> Iterator[str]:  # noqa: ARG001 - what is put there
    """A namespace of the test's own."""
    with fresh_namespace(kubectl) as name:
        yield name


@pytest.fixture
def start(api_server: Cluster, namespace: str, tmp_path: Path) -> Iterator[Callable[..., OperatorProcess]]:
    """Starts operators that watch the test's namespace; they end with the test."""
    started: list[OperatorProcess] = []

    def start(*, kubeconfig: Path = api_server.kubeconfig, **settings: Any) -> OperatorProcess:
        log = tmp_path / f"operator-{len(started)}.log"
        operator = OperatorProcess(kubeconfig, log, **{"watch_namespaces": namespace, **settings})
        started.append(operator)
        return operator.start()

    yield start
    for operator in started:
        operator.close()


@pytest.fixture
def scene(kubectl: Kubectl, namespace: str, start: Callable[..., OperatorProcess]) -> Scene:
    return Scene(kubectl, namespace, start())


@pytest.fixture
def proxy(api_server: Cluster) -> Iterator[StallingProxy]:
    port = urlsplit(api_server.url).port
    assert port
    proxy = StallingProxy(port).start()
    yield proxy
    proxy.close()


@pytest.fixture
def through_proxy(api_server: Cluster, proxy: StallingProxy, tmp_path: Path) -> Path:
    """A kubeconfig that leads to the API server by the proxy."""
    kubeconfig = tmp_path / "kubeconfig"
    text = api_server.kubeconfig.read_text().replace(api_server.url, f"https://127.0.0.1:{proxy.port}")
    kubeconfig.write_text(text)
    return kubeconfig
