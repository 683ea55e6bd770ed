"""Pods replaced, and an autoscaler coming and going, while applications write and read."""

from collections.abc import Callable
from typing import Any

import pytest
from pymongo import MongoClient

from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl
from tests.support.load import assert_kept, enough, under_load
from tests.support.shop import SCHEMA, Shop
from tests.support.watched import watched

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300)]

STRICTER = {"schema": {**SCHEMA, "additionalProperties": False}, "indexes": [{"fields": ["sku"]}]}


def new_environment(shop: Shop) -> None:
    shop.apply(replicas=2, config={"TZ": "Europe/Berlin"})


def new_schema(shop: Shop) -> None:
    shop.apply(replicas=2, data=STRICTER)


def restart(shop: Shop) -> None:
    shop(
        "annotate", "--overwrite", "dataservice", "orders", "dataservice.dev/restartedAt=2026-11-24T12:00:00Z"
    )


def test_rolls_under_load_fail_no_request_and_lose_nothing_acknowledged(shop: Shop) -> None:
    shop.apply(replicas=2)
    shop.wait_ready()
    with under_load(shop.url()) as told:
        for change in (new_environment, new_schema, restart):
            roll(shop, change)
            enough(told)
    assert told.failures == []
    assert_kept(told, shop.documents())


def test_a_change_of_the_databases_user_under_load_fails_no_request_and_loses_nothing(shop: Shop) -> None:
    """As passwords are rotated: a second user first, then the Secret, and the first user goes at the end."""
    with MongoClient[dict[str, Any]](shop.database_uri()) as database:
        for name in ("first", "second"):
            database.admin.command("createUser", name, pwd=f"of-{name}", roles=["root"])
        shop.connect_as("first", "of-first")
        shop.apply(replicas=2)
        shop.wait_ready()
        with under_load(shop.url()) as told:
            roll(shop, lambda shop: shop.connect_as("second", "of-second"))
            eventually(lambda: len(shop.get("pod", OURS)["items"]) == 2, seconds=60)
            database.admin.command("dropUser", "first")
            enough(told)
    assert told.failures == []
    assert_kept(told, shop.documents())


def test_an_autoscaler_that_comes_and_goes_under_load_lets_the_replicas_never_fall(
    kubectl: Kubectl, shop: Shop
) -> None:
    shop.apply(replicas=3)
    shop.wait_ready()
    with under_load(shop.url()) as told, watched(kubectl, shop.namespace, "deployment", "orders") as versions:
        shop.apply(replicas=3, autoscaling={"minReplicas": 2, "maxReplicas": 4})
        eventually(lambda: decided(shop), seconds=90)
        shop.wait_ready()
        shop.apply(replicas=3)
        eventually(lambda: not shop("get", "hpa", "--output=name"))
        shop.wait_ready()
        enough(told)
        last = shop.get("deployment", "orders")["metadata"]["resourceVersion"]
        eventually(lambda: any(version["metadata"]["resourceVersion"] == last for version in versions))
    assert told.failures == []
    assert_kept(told, shop.documents())
    assert min(version["spec"]["replicas"] for version in versions) == 3
    assert min(version["status"]["availableReplicas"] for version in versions) == 3


OURS = "--selector=app.kubernetes.io/managed-by=dataservice-operator"


def decided(shop: Shop) -> bool:
    """Whether the autoscaler has looked at the pods' metrics and has its say."""
    conditions = [
        (known["type"], known["status"])
        for autoscaler in shop.get("hpa")["items"]
        for known in autoscaler.get("status", {}).get("conditions", ())
    ]
    return ("ScalingActive", "True") in conditions


def roll(shop: Shop, change: Callable[[Shop], None]) -> None:
    """Make a change, and wait until it has replaced the pods."""
    before = revision(shop)
    change(shop)
    eventually(lambda: revision(shop) == before + 1)
    shop("rollout", "status", "deployment/orders", "--timeout=90s", seconds=100)
    shop.wait_ready()


def revision(shop: Shop) -> int:
    """How often the pods were replaced, and once more."""
    annotations = shop.get("deployment", "orders")["metadata"]["annotations"]
    return int(annotations["deployment.kubernetes.io/revision"])
