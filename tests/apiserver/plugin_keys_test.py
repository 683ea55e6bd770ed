"""`kubectl dataservice keys` on a real API server: the Secret is what counts, and whoever else writes to it."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping

import pytest

from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.key_secret import Entries, KeySecret
from kubectl_dataservice.errors import Exit
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl
from tests.support.plugin_process import PluginProcess

pytestmark = pytest.mark.apiserver

KEYS = {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}


@pytest.fixture
def plugin(kubectl: Kubectl, namespace: str) -> PluginProcess:
    """With a DataService `orders` that takes API keys; its Secret is not there."""
    manifest = smallest(spec={"api": {"auth": KEYS}})
    kubectl("create", f"--namespace={namespace}", "--filename=-", manifest=manifest)
    return PluginProcess(kubectl, namespace, in_process=True)


def stored(plugin: PluginProcess) -> dict[str, list[str]]:
    """The lines of each entry of the Secret."""
    secret = plugin.kubectl.json("get", "secret", "orders-keys", f"--namespace={plugin.namespace}")
    return {name: b64decode(value).decode().splitlines() for name, value in secret.get("data", {}).items()}


def digest(key: str) -> str:
    return f"sha256:{hashlib.sha256(key.strip().encode()).hexdigest()}"


def test_a_key_is_printed_once_and_alone_and_kept_as_its_digest(plugin: PluginProcess) -> None:
    done = plugin("keys", "create", "orders", "--name", "till", "--scopes", "read")
    assert done.returncode == 0, done.stderr
    key = done.stdout.removesuffix("\n")
    assert key.isascii()
    assert " " not in key
    assert stored(plugin) == {"till": [f"{digest(key)} read"]}
    assert key not in done.stderr
    everything = plugin.kubectl(
        "get", "secret,dataservice,event", f"--namespace={plugin.namespace}", "--output=yaml"
    )
    assert key not in everything
    assert plugin.said("keys", "list", "orders").split() == [
        "NAME",
        "ID",
        "SCOPES",
        "till",
        digest(key)[7:15],
        "read",
    ]


def test_a_name_that_is_taken_is_one_line_and_changes_nothing(plugin: PluginProcess) -> None:
    plugin.said("keys", "create", "orders")
    before = stored(plugin)
    done = plugin("keys", "create", "orders")
    assert (done.returncode, done.stdout) == (Exit.NO, "")
    assert done.stderr.startswith("error: there is an API key 'default' in Secret 'orders-keys': rotate it")
    assert stored(plugin) == before


def test_a_rotation_leaves_the_old_key_until_it_is_revoked(plugin: PluginProcess) -> None:
    old = plugin.said("keys", "create", "orders", "--name", "till", "--scopes", "write")
    new = plugin.said("keys", "rotate", "orders", "--name", "till")
    assert stored(plugin) == {"till": [f"{digest(old)} write", f"{digest(new)} write"]}
    plugin.said("keys", "revoke", "orders", "--name", "till", "--old")
    assert stored(plugin) == {"till": [f"{digest(new)} write"]}
    newest = plugin.said("keys", "rotate", "orders", "--name", "till", "--now", "--scopes", "read,write")
    assert stored(plugin) == {"till": [digest(newest)]}


def test_one_key_of_several_is_revoked_by_its_id_and_the_last_with_a_warning(plugin: PluginProcess) -> None:
    plugin.said("keys", "create", "orders", "--name", "till")
    second = plugin.said("keys", "rotate", "orders", "--name", "till")
    first, _ = json.loads(plugin.said("keys", "list", "orders", "--output=json"))
    assert (
        plugin("keys", "revoke", "orders", "--name", "till", "--id", "12345678").returncode == Exit.NOT_FOUND
    )
    plugin.said("keys", "revoke", "orders", "--name", "till", "--id", first["id"])
    assert stored(plugin) == {"till": [digest(second)]}
    done = plugin("keys", "revoke", "orders", "--name", "till")
    assert "that was the last" in done.stderr
    assert stored(plugin) == {}
    done = plugin("keys", "rotate", "orders", "--name", "till")
    assert done.returncode == Exit.NOT_FOUND
    assert "keys create orders" in done.stderr


@pytest.mark.parametrize("there", [True, False], ids=["changed", "made"])
def test_what_another_writes_meanwhile_survives(plugin: PluginProcess, *, there: bool) -> None:
    if there:
        plugin.said("keys", "create", "orders", "--name", "first")
    cluster = connect(plugin.namespace, None, plugin.kubectl.kubeconfig)
    seen: list[Entries] = []

    def alter(found: Entries) -> Mapping[str, bytes]:
        if not seen:
            plugin.said("keys", "create", "orders", "--name", "other")
        seen.append(found)
        return {"mine": b"a line\n"}

    KeySecret(cluster, smallest(spec={"api": {"auth": KEYS}})).change(alter)
    assert len(seen) == 2
    assert set(stored(plugin)) == {"other", "mine", *(("first",) if there else ())}


def test_a_data_service_without_api_keys_is_told_what_to_set(kubectl: Kubectl, namespace: str) -> None:
    kubectl("create", f"--namespace={namespace}", "--filename=-", manifest=smallest())
    done = PluginProcess(kubectl, namespace, in_process=True)("keys", "create", "orders")
    assert (done.returncode, done.stdout) == (Exit.NO, "")
    assert "set spec.api.auth to {mode: APIKey, keysSecret: {name: orders-keys}}" in done.stderr
    assert done.stderr.count("\n") == 1
