"""A DataService on a volume of its own: what becomes of its documents, and what is told when there is no volume."""

import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import made
from tests.support.eventually import eventually
from tests.support.shop import SCHEMA, Shop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

OURS = "--selector=app.kubernetes.io/managed-by=dataservice-operator"


def apply(shop: Shop, storage_class: str, retention: str = "Retain", **spec: Any) -> None:
    embedded = {"size": "1Gi", "storageClassName": storage_class, "retention": retention}
    shop.apply(database={"mongodb": None, "embedded": embedded}, **spec)


def stored(shop: Shop, sku: str) -> dict[str, Any]:
    with shop.client() as client:
        return shop.post(client, {"sku": sku, "quantity": 1})


def documents(shop: Shop) -> list[dict[str, Any]]:
    with shop.client() as client:
        items: list[dict[str, Any]] = client.get("/data").json()["items"]
        return items


def pod(shop: Shop) -> str:
    (name,) = [item["metadata"]["name"] for item in shop.get("pod", OURS)["items"]]
    return str(name)


def test_documents_outlive_a_killed_pod_and_a_roll(shop: Shop, storage_class: str) -> None:
    apply(shop, storage_class)
    shop.wait_ready()
    assert shop.condition("DatabaseReachable")["status"] == "True"
    first = stored(shop, "before the kill")
    killed = pod(shop)
    shop("delete", "pod", killed, "--grace-period=0", "--force")
    eventually(lambda: killed not in shop("get", "pod", OURS, "--output=name"))
    second = eventually(lambda: stored_if_up(shop, "before the roll"), seconds=60)
    apply(shop, storage_class, data={"schema": {**SCHEMA, "maxProperties": 9}})
    shop.wait_ready()
    assert documents(shop) == [first, second]


def stored_if_up(shop: Shop, sku: str) -> dict[str, Any]:
    try:
        return stored(shop, sku)
    except httpx.TransportError:
        return {}


def test_made_anew_under_its_name_a_data_service_has_its_documents(shop: Shop, storage_class: str) -> None:
    apply(shop, storage_class)
    shop.wait_ready()
    first = stored(shop, "kept")
    shop("delete", "dataservice", "orders")
    eventually(lambda: not shop.get("pod,deployment,service", OURS)["items"], seconds=60)
    apply(shop, storage_class)
    shop.wait_ready()
    assert documents(shop) == [first]


def test_under_retention_delete_the_volume_goes_with_the_data_service(shop: Shop, storage_class: str) -> None:
    apply(shop, storage_class, retention="Delete")
    shop.wait_ready()
    assert shop.get("pvc", OURS)["items"]
    shop("delete", "dataservice", "orders")
    eventually(lambda: not shop.get("pvc", OURS)["items"], seconds=60)


def test_a_volume_that_does_not_come_is_told(shop: Shop) -> None:
    apply(shop, "none-of-this-name")
    shop.wait_for('jsonpath={.status.conditions[?(@.type=="Ready")].reason}=VolumeUnavailable', seconds=30)
    (command,) = re.findall("kubectl (describe .*)", shop.condition("Ready")["message"])
    assert '"none-of-this-name" not found' in shop.kubectl(*command.split())


@pytest.fixture
def roots_volume(shop: Shop) -> Iterator[str]:
    """A StorageClass with a volume that only root may write to, whatever the pod's group."""
    name = shop.namespace
    spec = {
        "storageClassName": name,
        "capacity": {"storage": "1Gi"},
        "accessModes": ["ReadWriteOnce"],
        "hostPath": {"path": "/usr/share"},
    }
    volume = {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": name}, "spec": spec}
    yield from made(shop, name, [volume])


def test_a_volume_that_cannot_be_written_is_told_in_one_line(shop: Shop, roots_volume: str) -> None:
    apply(shop, roots_volume)
    shop.wait_for('jsonpath={.status.conditions[?(@.type=="Ready")].reason}=CrashLoop', seconds=60)
    assert shop.condition("Ready")["message"] == (
        "the container ends: exit code 2: dataservice: DATASERVICE_DATABASE__SQLITE__PATH: "
        "/var/lib/dataservice/documents.db cannot be written: Permission denied"
    )
