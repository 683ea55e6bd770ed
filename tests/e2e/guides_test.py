"""The how-to guides, followed command by command on a real cluster by one who has the tutorial's DataService.

One DataService is led through all of them, as a reader's would be; before each it is brought to where the page begins.
What a reader would put in the place of what a page says is put there.
"""

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
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
from tests.support.kubectl import Kubectl
from tests.support.reader import Scene, follow, reader
from tests.support.shop import Shop, moved, opened, samples

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

SPEAK_TO_NAMESPACE = "kubectl config set-context --current --namespace shop"
TROUBLESHOOTING = (
    "kubectl describe persistentvolumeclaim orders-data -n shop",
    "kubectl describe pods -n shop -l app.kubernetes.io/instance=orders",
    "kubectl rollout resume deployment/orders -n shop",
)
KEY = new_key()
"""A key that the reader has handed out before."""


def open_api(shop: Shop) -> dict[str, str]:
    set_auth(shop, {"mode": "None", "keysSecret": None, "jwt": None})
    return {}


def set_auth(shop: Shop, auth: dict[str, Any]) -> None:
    patch = json.dumps({"spec": {"api": {"auth": auth}}})
    shop("patch", "dsvc", "orders", "--type=merge", f"--patch={patch}")
    shop.wait_ready()


def own_issuer(shop: Shop) -> dict[str, str]:
    open_api(shop)
    shop("delete", "secret", "orders-keys", "--ignore-not-found")
    return {"https://login.example.com/keys": issuer_pod.start(shop, "rsa"), "eyJhbGciOi...": issuer.token()}


def users_and_keys(shop: Shop) -> dict[str, str]:
    """A DataService that connects as a user, and whose callers have keys."""
    user = "orders-1"
    with MongoClient[dict[str, Any]](shop.database_uri()) as database:
        database.admin.command("createUser", user, pwd=f"of-{user}", roles=["root"])
    shop.connect_as(user, f"of-{user}")
    shop("create", "secret", "generic", "orders-keys", f"--from-literal=till={line(KEY)}")
    set_auth(shop, {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}})
    return {".shop.svc": f".{shop.namespace}.svc"}


def database_here(shop: Shop) -> dict[str, str]:
    return open_api(shop) | {
        "mongodb+srv://orders:of-orders@cluster0.ab1cd.mongodb.net/?": (
            f"mongodb://mongodb.{shop.namespace}.svc:27017/?directConnection=true&"
        )
    }


def images_of_the_checkout(shop: Shop) -> dict[str, str]:
    return open_api(shop) | {"k8s/overlays/cluster": "k8s/overlays/dev"}


GUIDES: Mapping[str, Callable[[Shop], dict[str, str]]] = {
    "rotate-credentials": users_and_keys,
    "auth": own_issuer,
    "tls": open_api,
    "atlas": database_here,
    "sizing": open_api,
    "import": open_api,
    "upgrade": images_of_the_checkout,
    "leave": open_api,
}


@pytest.fixture(scope="module")
def orders(kubectl: Kubectl, cluster: Cluster, installed: None) -> Iterator[Shop]:  # noqa: ARG001 - needed to be there
    """What the tutorial has made."""
    with opened(kubectl, cluster) as shop:
        for manifest in samples(kubectl):
            if manifest["kind"] == "DataService":
                shop("apply", "--filename=-", manifest=moved(manifest, shop.namespace))
        shop.wait_ready()
        yield shop


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
