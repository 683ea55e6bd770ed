"""The how-to guides, followed command by command on a real cluster by one who has the tutorial's DataService.

Each is followed in a namespace of its own; what a reader would put in the place of what a page says is put there.
"""

import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from bson import json_util
from pymongo import MongoClient

from tests.cluster.state import Cluster
from tests.support import issuer, issuer_pod
from tests.support.api_keys import line, new_key
from tests.support.documents_shown import GUIDES as FOLDER
from tests.support.documents_shown import ROOT, commands
from tests.support.guide import Scene, follow, reader
from tests.support.kubectl import Kubectl
from tests.support.shop import Shop, moved, samples

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SPEAK_TO_NAMESPACE = "kubectl config set-context --current --namespace shop"
TROUBLESHOOTING = (
    "kubectl describe persistentvolumeclaim orders-data -n shop",
    "kubectl describe pods -n shop -l app.kubernetes.io/instance=orders",
    "kubectl rollout resume deployment/orders -n shop",
)
KEY = new_key()
"""A key that the reader has handed out before."""


def local_names(shop: Shop) -> dict[str, str]:
    return {".shop.svc": f".{shop.namespace}.svc"}


def nothing(shop: Shop) -> dict[str, str]:  # noqa: ARG001 - as its siblings
    return {}


def own_issuer(shop: Shop) -> dict[str, str]:
    return {"https://login.example.com/keys": issuer_pod.start(shop, "rsa"), "eyJhbGciOi...": issuer.token()}


def users_and_keys(shop: Shop) -> dict[str, str]:
    """A DataService that connects as a user, and whose callers have keys."""
    user = "orders-1"
    with MongoClient[dict[str, Any]](shop.database_uri()) as database:
        database.admin.command("createUser", user, pwd=f"of-{user}", roles=["root"])
    shop.connect_as(user, f"of-{user}")
    shop("create", "secret", "generic", "orders-keys", f"--from-literal=till={line(KEY)}")
    auth = {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}
    shop(
        "patch", "dsvc", "orders", "--type=merge", f"--patch={json.dumps({'spec': {'api': {'auth': auth}}})}"
    )
    shop.wait_ready()
    return local_names(shop)


def database_here(shop: Shop) -> dict[str, str]:
    return {
        "mongodb+srv://orders:of-orders@cluster0.ab1cd.mongodb.net/?": (
            f"mongodb://mongodb.{shop.namespace}.svc:27017/?directConnection=true&"
        )
    }


def images_of_the_checkout(shop: Shop) -> dict[str, str]:  # noqa: ARG001 - as its siblings
    return {"k8s/overlays/cluster": "k8s/overlays/dev"}


GUIDES: Mapping[str, Callable[[Shop], dict[str, str]]] = {
    "auth": own_issuer,
    "tls": nothing,
    "atlas": database_here,
    "rotate-credentials": users_and_keys,
    "sizing": nothing,
    "import": nothing,
    "upgrade": images_of_the_checkout,
    "leave": nothing,
}


@pytest.fixture
def orders(empty_shop: Shop, kubectl: Kubectl) -> Shop:
    """What the tutorial has made."""
    for manifest in samples(kubectl):
        if manifest["kind"] == "DataService":
            empty_shop("apply", "--filename=-", manifest=moved(manifest, empty_shop.namespace))
    empty_shop.wait_ready()
    return empty_shop


@pytest.fixture
def environ(orders: Shop, cluster: Cluster, tmp_path: Path) -> dict[str, str]:
    """A terminal in which kubectl speaks to the namespace."""
    (tmp_path / "kubectl").symlink_to(cluster.kubectl)
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_bytes(cluster.kubeconfig.read_bytes())
    Kubectl(cluster.kubectl, kubeconfig)(*SPEAK_TO_NAMESPACE.split()[1:-1], orders.namespace)
    path = f"{tmp_path}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "KUBECONFIG": str(kubeconfig), "KEY": KEY}


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    folder = tmp_path / "desk"
    folder.mkdir()
    return folder


def test_there_is_no_other_guide() -> None:
    assert {page.stem for page in FOLDER.glob("*.md")} == set(GUIDES)


@pytest.mark.parametrize("guide", GUIDES)
def test_a_guide_does_what_it_says(guide: str, orders: Shop, environ: dict[str, str], desk: Path) -> None:
    scene = Scene(GUIDES[guide](orders), mongosh(orders), lambda: none_is_ending(orders))
    with reader(desk, environ) as reading:
        follow(FOLDER / f"{guide}.md", reading, scene)


def mongosh(shop: Shop) -> Callable[[str], None]:
    """The commands of a block for MongoDB's shell, each a line."""

    def play(block: str) -> None:
        with MongoClient[dict[str, Any]](shop.database_uri()) as client:
            for text in block.splitlines():
                said = re.fullmatch(r'db\.getSiblingDB\("(\w+)"\)\.runCommand\((.*)\)', text)
                assert said, text
                strict = re.sub(r'ObjectId\(("\w+")\)', r'{"$oid": \1}', said[2])
                command = json_util.loads(re.sub(r"([{,] ?)(\w+):", r'\1"\2":', strict))
                client[said[1]].command(command)

    return play


def none_is_ending(shop: Shop) -> bool:
    return not any("deletionTimestamp" in pod["metadata"] for pod in shop.get("pods")["items"])


def test_what_troubleshooting_advises_can_be_done(empty_shop: Shop) -> None:
    shop = empty_shop
    shop.apply(database={"mongodb": None, "embedded": {"size": "1Gi", "storageClassName": "none-such"}})
    shop("wait", "--for=create", "deployment/orders", "persistentvolumeclaim/orders-data", "--timeout=30s")
    shop("rollout", "pause", "deployment/orders")
    for command in TROUBLESHOOTING:
        assert command in commands(ROOT / "docs/troubleshooting.md")
        assert "orders" in shop.kubectl(*command.replace("-n shop", f"-n {shop.namespace}").split()[1:])
