"""`kubectl dataservice keys` on a real API server: the Secret is what counts, and whoever else writes to it."""

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping

import pytest

from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.cluster.key_secret import Entries, KeySecret
from kubectl_dataservice.errors import Exit
from tests.cluster.state import Cluster
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl
from tests.support.plugin import Ended, Plugin

pytestmark = pytest.mark.apiserver

KEYS = {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}


class Keys:
    """The verbs of a DataService's keys, and the Secret that they change."""

    def __init__(self, plugin: Plugin, kubectl: Kubectl, namespace: str) -> None:
        self._plugin, self._kubectl, self.namespace = plugin, kubectl, namespace

    def __call__(self, verb: str, *words: str) -> Ended:
        return self._plugin("keys", verb, "orders", *words)

    def said(self, verb: str, *words: str) -> str:
        """What it printed to standard output; it has to succeed."""
        ended = self(verb, *words)
        assert ended.code == Exit.OK, ended.err
        return ended.out

    def stored(self) -> dict[str, list[str]]:
        """The lines of each entry of the Secret."""
        secret = self._kubectl.json("get", "secret", "orders-keys", f"--namespace={self.namespace}")
        return {
            name: b64decode(value).decode().splitlines() for name, value in secret.get("data", {}).items()
        }


@pytest.fixture
def plugin(api_server: Cluster, namespace: str, capsys: pytest.CaptureFixture[str]) -> Plugin:
    return Plugin(api_server.kubeconfig, namespace, capsys)


@pytest.fixture
def keys(plugin: Plugin, kubectl: Kubectl, namespace: str) -> Keys:
    """Of a DataService `orders` that takes API keys; its Secret is not there."""
    manifest = smallest(spec={"api": {"auth": KEYS}})
    kubectl("create", f"--namespace={namespace}", "--filename=-", manifest=manifest)
    return Keys(plugin, kubectl, namespace)


def digest(key: str) -> str:
    return f"sha256:{hashlib.sha256(key.strip().encode()).hexdigest()}"


def test_a_key_is_printed_once_and_alone_and_kept_as_its_digest(keys: Keys, kubectl: Kubectl) -> None:
    done = keys("create", "--name", "till", "--scopes", "read")
    assert done.code == 0, done.err
    key = done.out.removesuffix("\n")
    assert key.isascii()
    assert " " not in key
    assert keys.stored() == {"till": [f"{digest(key)} read"]}
    assert key not in done.err
    everything = kubectl("get", "secret,dataservice,event", f"--namespace={keys.namespace}", "--output=yaml")
    assert key not in everything
    assert keys.said("list").split() == [
        "NAME",
        "ID",
        "SCOPES",
        "till",
        digest(key)[7:15],
        "read",
    ]


def test_a_name_that_is_taken_is_one_line_and_changes_nothing(keys: Keys) -> None:
    keys.said("create")
    before = keys.stored()
    keys("create").refused(Exit.NO, "there is an API key 'default' in Secret 'orders-keys': rotate it")
    assert keys.stored() == before


def test_a_rotation_leaves_the_old_key_until_it_is_revoked(keys: Keys) -> None:
    old = keys.said("create", "--name", "till", "--scopes", "write")
    new = keys.said("rotate", "--name", "till")
    assert keys.stored() == {"till": [f"{digest(old)} write", f"{digest(new)} write"]}
    keys.said("revoke", "--name", "till", "--old")
    assert keys.stored() == {"till": [f"{digest(new)} write"]}
    newest = keys.said("rotate", "--name", "till", "--now", "--scopes", "read,write")
    assert keys.stored() == {"till": [digest(newest)]}


def test_one_key_of_several_is_revoked_by_its_id_and_the_last_with_a_warning(keys: Keys) -> None:
    keys.said("create", "--name", "till")
    second = keys.said("rotate", "--name", "till")
    first, _ = json.loads(keys.said("list", "--output=json"))
    assert keys("revoke", "--name", "till", "--id", "12345678").code == Exit.NOT_FOUND
    keys.said("revoke", "--name", "till", "--id", first["id"])
    assert keys.stored() == {"till": [digest(second)]}
    done = keys("revoke", "--name", "till")
    assert "that was the last" in done.err
    assert keys.stored() == {}
    keys("rotate", "--name", "till").refused(Exit.NOT_FOUND, "kubectl dataservice keys create orders")


@pytest.mark.parametrize("there", [True, False], ids=["changed", "made"])
def test_what_another_writes_meanwhile_survives(keys: Keys, api_server: Cluster, *, there: bool) -> None:
    if there:
        keys.said("create", "--name", "first")
    cluster = connect(keys.namespace, None, api_server.kubeconfig)
    seen: list[Entries] = []

    def alter(found: Entries) -> Mapping[str, bytes]:
        if not seen:
            keys.said("create", "--name", "other")
        seen.append(found)
        return {"mine": b"a line\n"}

    KeySecret(cluster, smallest(spec={"api": {"auth": KEYS}})).change(alter)
    assert len(seen) == 2
    assert set(keys.stored()) == {"other", "mine", *(("first",) if there else ())}


def test_a_data_service_without_api_keys_is_told_what_to_set(
    plugin: Plugin, kubectl: Kubectl, namespace: str
) -> None:
    kubectl("create", f"--namespace={namespace}", "--filename=-", manifest=smallest())
    wanted = "set spec.api.auth to {mode: APIKey, keysSecret: {name: orders-keys}}"
    plugin("keys", "create", "orders").refused(Exit.NO, wanted)
