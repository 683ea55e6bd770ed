"""A real Prometheus finds the pods by the monitors, and has every series that dashboards and alerts ask for."""

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from dataservice.api.problem_kinds import CODES
from dataservice_operator.reconcile.parents import STATES
from delivery.monitoring import shown
from delivery.monitoring.answers import Span, dumped, gather
from delivery.monitoring.dashboard import Dashboard, asked
from delivery.monitoring.files import DASHBOARDS, FOLDER, GROUPS
from tests.cluster.state import Cluster
from tests.e2e.conftest import OPERATOR, ROOT
from tests.support.api_keys import line, new_key
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl
from tests.support.prometheus import Prometheus, selectors
from tests.support.scraping import configuration
from tests.support.shop import Shop, opened
from tests.support.tools import tool

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.timeout(420)]

INTERVAL = "30s"
RULES = ROOT / FOLDER / "prometheus/rules.yaml"
SERVICE_MONITORS = ROOT / "tests/apiserver/service_monitor_crd.yaml"
VALUES = {"code": set(CODES), "state": set(STATES), "result": {"ok", "retry", "error"}, "status": {"501"}}
"""What a label can be, of those that queries pick by value."""


@pytest.fixture(scope="module")
def with_service_monitors(kubectl: Kubectl, installed: None) -> Iterator[None]:  # noqa: ARG001 - it is told of the kind
    """The operator in a cluster that has the kind."""
    kubectl("apply", "--server-side", f"--filename={SERVICE_MONITORS}")
    deployment = (f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    kubectl("rollout", "restart", *deployment)
    kubectl("rollout", "status", *deployment, "--timeout=90s", seconds=100)
    yield
    kubectl("delete", f"--filename={SERVICE_MONITORS}")


@pytest.fixture(scope="module")
def shop(kubectl: Kubectl, cluster: Cluster, with_service_monitors: None) -> Iterator[Shop]:  # noqa: ARG001 - as above
    """A DataService that is monitored and asks for keys, and one that waits for its Secret."""
    with opened(kubectl, cluster) as shop:
        auth = {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}
        shop("create", "secret", "generic", "orders-keys", f"--from-literal=till={line(KEY)}")
        shop.apply(api={"auth": auth}, monitoring={"serviceMonitor": True}, replicas=2)
        missing = {"mongodb": {"uriSecret": {"name": "stock-mongo"}}}
        stock = smallest(metadata={"name": "stock"}, spec={"database": missing})
        shop("apply", "--filename=-", manifest=stock)
        shop.wait_ready()
        yield shop


KEY = new_key()


@pytest.fixture(scope="module")
def prometheus(
    shop: Shop, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    """It scrapes by the ServiceMonitor that the operator made and by the shipped PodMonitors, once a second."""
    shipped = [*monitors(shop.kubectl, "."), *monitors(shop.kubectl, "services")]
    own = shop.get("servicemonitor", "orders")
    settings = configuration([own, *shipped], cluster.kubeconfig, [RULES], every="1s")
    folder = tmp_path_factory.mktemp("prometheus")
    with closing(Prometheus(tool("prometheus"), folder, settings).start()) as prometheus:
        eventually(lambda: len(prometheus.query(f'up{{namespace="{shop.namespace}"}} == 1')) == 4)
        use(shop)
        eventually(lambda: prometheus.labels_of("dataservice_store_failures_total"))
        eventually(lambda: prometheus.labels_of("dataservice_operator_repairs_total"))
        yield prometheus


def monitors(kubectl: Kubectl, folder: str) -> list[dict[str, Any]]:
    shown = yaml.safe_load_all(kubectl("kustomize", str(ROOT / FOLDER / folder)))
    return [manifest for manifest in shown if manifest["kind"] == "PodMonitor"]


def use(shop: Shop) -> None:
    """Have each thing that is counted happen once."""
    with shop.client(KEY) as till, shop.client() as stranger:
        for number in range(10):
            shop.post(till, {"sku": f"A-{number}", "quantity": 1})
            till.get("/data")
        assert till.post("/data", json={"sku": "A"}).status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert stranger.get("/data").status_code == httpx.codes.UNAUTHORIZED
        talk_nonsense(shop)
        label = {"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody-else"}}}
        shop("patch", "serviceaccount", "orders", f"--patch={json.dumps(label)}")
        shop.stop_database()
        eventually(lambda: till.get("/data").status_code == httpx.codes.SERVICE_UNAVAILABLE, seconds=60)


def talk_nonsense(shop: Shop) -> None:
    url = httpx.URL(shop.url())
    assert url.port
    with socket.create_connection((url.host, url.port), timeout=5) as connection:
        connection.sendall(b"nonsense\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400")


def everything_asked() -> dict[str, str]:
    """Each query of a panel and each expression of a rule, by where it stands."""
    panels = {
        f"{name}: {panel.title}: {query.legend}": asked(query.expression, dashboard, INTERVAL)
        for name, dashboard in DASHBOARDS.items()
        for panel in dashboard.panels()
        for query in panel.queries
    }
    rules = {rule.name: rule.expression for group in GROUPS for rule in group.rules}
    return panels | rules


def test_every_metric_and_label_that_is_asked_for_is_there(prometheus: Prometheus) -> None:
    for place, expression in everything_asked().items():
        for selector in selectors(prometheus.parsed(expression)):
            there = prometheus.labels_of(selector.metric)
            assert there, f"{place}: there is no {selector.metric}"
            assert selector.labels <= there, f"{place}: {selector.metric} has {sorted(there)}"


def test_values_that_are_picked_are_some_that_there_can_be(prometheus: Prometheus) -> None:
    for place, expression in everything_asked().items():
        for selector in selectors(prometheus.parsed(expression)):
            for label, operator, value in selector.matched:
                assert operator in ("=~", "!~") or not value or value in VALUES[label], place


@pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)
def test_every_panel_shows_something(prometheus: Prometheus, dashboard: Dashboard) -> None:
    for panel in dashboard.panels():
        for query in panel.queries:
            expression = asked(query.expression, dashboard, INTERVAL)
            assert eventually(lambda: prometheus.query(expression), seconds=15), panel.title  # noqa: B023


def test_both_kinds_of_monitor_find_the_same_pods_and_say_whose_they_are(
    prometheus: Prometheus, shop: Shop
) -> None:
    pods = {
        pod["metadata"]["name"]
        for pod in shop.get("pod", "--selector=app.kubernetes.io/instance=orders")["items"]
    }
    for job in ("orders", f"{OPERATOR}/dataservices"):
        found = prometheus.query(
            f'up{{job="{job}", namespace="{shop.namespace}", dataservice="orders"}} == 1'
        )
        assert {each["metric"]["pod"] for each in found} == pods, job


def test_the_pod_monitor_finds_both_replicas_of_the_operator(prometheus: Prometheus) -> None:
    found = prometheus.query(f'up{{job="{OPERATOR}/dataservice-operator"}} == 1')
    assert len({each["metric"]["pod"] for each in found}) == 2


def test_it_takes_every_rule(prometheus: Prometheus) -> None:
    rules = eventually(lambda: [rule for rule in prometheus.rules() if rule["health"] != "unknown"])
    assert {rule["name"] for rule in rules} == {rule.name for group in GROUPS for rule in group.rules}
    assert [rule for rule in rules if rule["health"] != "ok"] == []


def test_the_pictures_are_drawn_from_its_answers(prometheus: Prometheus, tmp_path: Path) -> None:
    def ask(expression: str, span: Span) -> list[dict[str, Any]]:
        return prometheus.query_range(expression, span.start, span.end, span.step)

    span = Span(time.time() - 30, time.time(), 1)
    kept = tmp_path / "answers.json"
    kept.write_bytes(dumped({name: gather(each, span, ask) for name, each in DASHBOARDS.items()}))
    arguments = f"ARGS=--again --kept {kept} --folder {tmp_path}"
    subprocess.run(["make", "pictures", arguments], cwd=ROOT, check=True, capture_output=True)
    assert shown.stale(tmp_path, DASHBOARDS) == []


def test_what_is_not_ready_is_named_with_its_reason(prometheus: Prometheus, shop: Shop) -> None:
    where = f'{{dataservice_namespace="{shop.namespace}", dataservice="stock"}}'
    [first, *_] = prometheus.query(f"dataservice_operator_not_ready{where}")
    assert first["metric"]["reason"] == "SecretNotFound"
