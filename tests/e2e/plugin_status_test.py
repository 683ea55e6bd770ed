"""kubectl dataservice on a cluster whose pods run."""

import json
import re

import pytest

from kubectl_dataservice.errors import Exit
from tests.support.eventually import eventually
from tests.support.plugin import Plugin
from tests.support.shop import Shop

pytestmark = pytest.mark.e2e


def _pods(shop: Shop) -> set[str]:
    pods = shop.get("pods", "--selector=app.kubernetes.io/instance=orders")["items"]
    return {pod["metadata"]["name"] for pod in pods if "deletionTimestamp" not in pod["metadata"]}


def test_pods_are_shown_and_restarted(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    plugin = Plugin(shop.kubectl.kubeconfig, shop.namespace, capsys)
    shop.apply(replicas=2)
    assert plugin("status", "orders", "--wait", "--timeout", "2m").code == Exit.OK
    assert plugin("diff", "orders").code == Exit.OK
    before = _pods(shop)
    restarted = plugin("restart", "orders", "--wait", "--timeout", "2m")
    assert (restarted.code, restarted.err) == (Exit.OK, "")
    after = _pods(shop)
    assert len(after) == 2
    assert not before & after
    told = json.loads(plugin("status", "orders", "-o", "json").out)
    assert (told["ready"], told["readyReplicas"]) == (True, 2)
    (deployment,) = [child for child in told["children"] if child["kind"] == "Deployment"]
    (replica_set,) = deployment["children"]
    assert {pod["name"] for pod in replica_set["children"]} == after
    assert all(pod["message"].startswith("ready, on ") for pod in replica_set["children"])


def test_a_service_that_does_not_start_is_told_with_its_last_line(
    shop: Shop, capsys: pytest.CaptureFixture[str]
) -> None:
    plugin = Plugin(shop.kubectl.kubeconfig, shop.namespace, capsys)
    shop.apply()
    shop.wait_ready()
    shop("patch", "secret", "orders-mongo", '--patch={"stringData":{"uri":"mongo://typo"}}')
    eventually(lambda: "not ready (CrashLoop)" in plugin("status", "orders").out, seconds=60)
    ended = plugin("status", "orders")
    assert ended.code == Exit.NO
    assert "what to do: Correct what that line names" in ended.out
    assert re.search(r"Pod/orders-\S+ +!!  .*exit code \d+: ", ended.out)
