"""`kubectl dataservice` against real pods: keys that open the API, logs, the page, a report."""

import json
import re
import tarfile
import uuid
from pathlib import Path

import httpx
import pytest

from kubectl_dataservice.errors import Exit
from tests.support.eventually import eventually
from tests.support.plugin_process import PluginProcess
from tests.support.shop import Shop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

AUTH = {"auth": {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}}
PODS = "--selector=app.kubernetes.io/instance=orders"


@pytest.fixture
def plugin(shop: Shop) -> PluginProcess:
    return PluginProcess(shop.kubectl, shop.namespace)


def test_day_two(shop: Shop, plugin: PluginProcess, tmp_path: Path) -> None:
    """One DataService for all: a pod takes a while."""
    shop.apply(api=AUTH, config={"NOBODYS_BUSINESS": "hunter2-of-the-shop"})
    key = plugin.said("keys", "create", "orders", "--name", "till").strip()
    shop.wait_ready()
    with shop.client(key) as till:
        shop.post(till, {"sku": "A", "quantity": 1})

    assert "POST /data" in plugin.said("logs", "orders", "--since", "5m")

    keys_are_changed(shop, plugin, key)
    new = plugin.said("keys", "create", "orders", "--name", "other").strip()
    assert plugin.said("keys", "list", "orders").split()[3::3] == ["other", "till"]
    logs_and_page_survive_a_roll(shop, plugin, new)
    plugin.said("keys", "revoke", "orders", "--name", "till")
    a_report_has_all_but_secrets(plugin, [key, new, "hunter2-of-the-shop"], tmp_path / "report.tar.gz")


def keys_are_changed(shop: Shop, plugin: PluginProcess, old: str) -> None:
    with plugin.running("keys", "rotate", "orders", "--name", "till", "--wait") as rotating:
        assert rotating.stdout
        new = rotating.stdout.readline().strip()
        eventually(lambda: renewed(shop) and rotating.poll() is not None, seconds=120, every=1)
        assert rotating.returncode == 0, rotating.stderr and rotating.stderr.read()
    with shop.client(old) as before, shop.client(new) as after:
        assert after.get("/data").status_code == httpx.codes.OK
        assert before.get("/data").status_code == httpx.codes.OK
        plugin.said("keys", "revoke", "orders", "--name", "till", "--old")
        eventually(lambda: renewed(shop) and refused(before), seconds=120, every=1)
        assert after.get("/data").status_code == httpx.codes.OK


def refused(client: httpx.Client) -> bool:
    return client.get("/data").status_code == httpx.codes.UNAUTHORIZED


def renewed(shop: Shop) -> bool:
    """The kubelet looks after a pod, and renews its files, when the pod changes: else once in a minute or so."""
    shop("annotate", "pod", PODS, "--overwrite", f"example.com/renew={uuid.uuid4()}")
    return True


def logs_and_page_survive_a_roll(shop: Shop, plugin: PluginProcess, key: str) -> None:
    [first] = pods(shop)
    with plugin.running("open", "orders") as opened, plugin.running("logs", "orders", "--follow") as followed:
        assert opened.stdout
        assert followed.stdout
        url = opened.stdout.readline().strip()
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/docs", url)
        taken = plugin("open", "orders", "--port", re.findall(r":(\d+)/", url)[0])
        assert (taken.returncode, taken.stderr.count("\n")) == (Exit.NO, 1), taken.stderr
        assert "text/html" in httpx.get(url, trust_env=False).headers["content-type"]
        shop("annotate", "dataservice", "orders", "dataservice.dev/restartedAt=now")
        eventually(lambda: first not in pods(shop) and len(pods(shop)) == 1, seconds=90)
        [second] = pods(shop)
        api = url.removesuffix("/docs") + "/data?fields=sku"
        eventually(lambda: status(api, key) == httpx.codes.OK, seconds=30)
        seen = [followed.stdout.readline()]
        while seen[-1] and not (seen[-1].startswith(second) and "GET /data" in seen[-1]):
            seen.append(followed.stdout.readline())
    assert any(line.startswith(f"{first} ") for line in seen)
    message = json.loads(seen[-1].removeprefix(second))
    assert message["principal"] == "other"
    assert (opened.wait(10), followed.wait(10)) == (Exit.INTERRUPTED, Exit.INTERRUPTED)
    assert status(api, key) is None, "kubectl goes on after its plugin"


def a_report_has_all_but_secrets(plugin: PluginProcess, secrets: list[str], target: Path) -> None:
    plugin.said("report", "orders", "--file", str(target))
    with tarfile.open(target) as tar:
        texts = {entry.name: file.read().decode() for entry in tar if (file := tar.extractfile(entry))}
    names = "\n".join(texts)
    for wanted in (r"/logs/orders-\S+\.service\.log", r"/operator/logs/\S+\.log", r"/pods/Pod-orders-\S+"):
        assert re.search(wanted, names), names
    assert not any(secret in text for secret in secrets for text in texts.values())


def pods(shop: Shop) -> list[str]:
    return [pod["metadata"]["name"] for pod in shop.get("pod", PODS)["items"]]


def status(url: str, key: str) -> int | None:
    try:
        return httpx.get(url, headers={"Authorization": f"Bearer {key}"}, trust_env=False).status_code
    except httpx.TransportError:
        return None
