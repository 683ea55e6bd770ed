"""What the documents of day two show, where an API server is enough for it; commands_test.py counts them."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.cluster.state import Cluster
from tests.support.data_service import smallest
from tests.support.documents_shown import ROOT
from tests.support.kubectl import Kubectl, fresh_namespace, install_crds
from tests.support.played import play

ARGO_CD = ("kubectl patch configmap argocd-cm -n argocd --patch-file k8s/gitops/argocd/argocd-cm.yaml",)
COST_OF_A_FILE = ("kubectl dataservice cost -f k8s/samples/orders.yaml",)
COST = (
    "kubectl dataservice cost orders -n shop",
    "kubectl dataservice cost --print-prices > prices.yaml",
    "kubectl dataservice cost orders -n shop --prices prices.yaml",
)
TAGGED = ("python3 -m delivery.tagged v0.1.0",)

RENDER = (
    "kubectl dataservice render -f k8s/samples/orders.yaml",
    "kubectl apply --dry-run=server -f k8s/samples/orders.yaml",
)

MONITORING = ("kubectl apply -k k8s/monitoring", "kubectl apply -k k8s/monitoring/services")


CRD = "customresourcedefinition/dataservices.dataservice.dev"
AT_API_SERVER = {*ARGO_CD, *COST_OF_A_FILE, *COST, *TAGGED, *RENDER, *MONITORING}

pytestmark = [pytest.mark.timeout(600)]


@pytest.fixture
def without_nodes(api_server: Cluster, commands: Path) -> dict[str, str]:
    """A user's shell, at an API server."""
    path = f"{commands}:{ROOT / '.venv/bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "KUBECONFIG": str(api_server.kubeconfig)}


@pytest.fixture
def at_api_server(api_server: Cluster) -> Kubectl:
    return Kubectl(api_server.kubectl, api_server.kubeconfig)


@pytest.mark.apiserver
def test_argo_cds_settings_get_our_part_and_keep_the_rest(
    without_nodes: dict[str, str], at_api_server: Kubectl
) -> None:
    [patch] = ARGO_CD
    with fresh_namespace(at_api_server, "argocd"):
        settings = ("--namespace=argocd", "configmap", "argocd-cm")
        at_api_server("create", *settings, "--from-literal=url=https://argocd.example.com")
        play(patch, without_nodes)
        data = at_api_server.json("get", *settings)["data"]
        assert data["url"] == "https://argocd.example.com"
        assert len(data) == 3


def test_the_cost_of_the_sample_is_as_it_is_shown(commands: Path) -> None:
    [command] = COST_OF_A_FILE
    shown = (ROOT / "docs/cost.md").read_text().split(f"$ {command}\n")[1].split("```")[0]
    assert (
        play(command, {"PATH": f"{commands}:{ROOT / '.venv/bin'}:{os.environ['PATH']}", "COLUMNS": "200"})
        == shown
    )


@pytest.mark.apiserver
def test_the_cost_of_one_that_runs_by_ones_own_prices(
    without_nodes: dict[str, str], at_api_server: Kubectl, tmp_path: Path
) -> None:
    live, print_prices, by_them = COST
    install_crds(at_api_server, ROOT / "crds")
    with fresh_namespace(at_api_server, "shop"):
        scaled = smallest(spec={"autoscaling": {"minReplicas": 1, "maxReplicas": 5}})
        at_api_server("apply", "--namespace=shop", "--filename=-", manifest=scaled)
        at_api_server(
            "patch",
            "--namespace=shop",
            "dataservice/orders",
            "--subresource=status",
            "--type=merge",
            '--patch={"status":{"replicas":2}}',
        )
        assert "1 to 5 (expected 2, status.replicas" in play(live, without_nodes)
        prices = tmp_path / "prices.yaml"
        play(print_prices, without_nodes, instead=print_prices.replace("prices.yaml", str(prices)))
        prices.write_text(prices.read_text().replace("name: AWS", "name: ours"))
        assert "ours" in play(by_them, without_nodes, instead=by_them.replace("prices.yaml", str(prices)))


def test_a_tag_is_told_what_it_lacks_to_be_a_release() -> None:
    """Once the release is cut it lacks nothing."""
    [command] = TAGGED
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert all(line.startswith("error: ") for line in done.stderr.splitlines())
    assert done.returncode == (1 if done.stderr else 0)


@pytest.mark.apiserver
def test_monitors_rules_and_dashboards_are_applied(api_server: Cluster, commands: Path) -> None:
    kubectl = Kubectl(api_server.kubectl, api_server.kubeconfig)
    kubectl("apply", "--server-side", f"--filename={ROOT / 'tests/delivery/monitoring/crds.yaml'}")
    kubectl("apply", "--server-side", f"--filename={ROOT / 'k8s/base/namespace.yaml'}")
    path = f"{commands}:{os.environ['PATH']}"
    for command in MONITORING:
        play(command, {**os.environ, "PATH": path, "KUBECONFIG": str(api_server.kubeconfig)})
    made = "podmonitor/dataservice-operator,podmonitor/dataservices,prometheusrule/dataservice"
    for what in (*made.split(","), "configmap/dataservice-dashboards"):
        assert kubectl("get", "--namespace=dataservice-system", what)


@pytest.mark.apiserver
def test_a_file_is_rendered_and_tried_as_the_plugins_page_shows_it(
    api_server: Cluster, tmp_path: Path
) -> None:
    kubectl = Kubectl(api_server.kubectl, api_server.kubeconfig)
    install_crds(kubectl, ROOT / "crds")
    (tmp_path / "kubectl").symlink_to(api_server.kubectl)
    path = f"{tmp_path}:{ROOT / '.venv/bin'}:{os.environ['PATH']}"
    environ = {**os.environ, "PATH": path, "KUBECONFIG": str(api_server.kubeconfig)}
    render, try_it = RENDER
    assert "kind: HorizontalPodAutoscaler" in play(render, environ)
    delete = ("delete", "namespace", "shop", "--ignore-not-found")
    kubectl(*delete)
    kubectl("create", "namespace", "shop")
    assert "dataservice.dataservice.dev/orders created (server dry run)" in play(try_it, environ)
    kubectl(*delete)
