"""Each reason that a status can tell, brought about on real pods; at no moment is what is stuck shown as ready."""

import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.cluster.state import Cluster
from tests.e2e.conftest import DEADLINE, OPERATOR
from tests.support.eventually import eventually
from tests.support.honest import kstatus
from tests.support.kubectl import Kubectl, KubectlError
from tests.support.shop import SCHEMA, Shop
from tests.support.stopped import stopped

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

NOWHERE = {"scheduling": {"nodeSelector": {"example.com/kind": "of-which-there-is-none"}}}


@pytest.fixture(autouse=True)
def few_events(shop: Shop) -> Iterator[None]:
    """A cause is an Event once for each time that it comes, not at each look at it: here none comes more than twice."""
    yield
    warnings = Counter(reason for kind, reason in _events(shop) if kind == "Warning")
    assert max(warnings.values(), default=0) <= 2


def _events(shop: Shop) -> list[tuple[str, str]]:
    found = shop.get("events", "--field-selector=involvedObject.kind=DataService")["items"]
    return [(event["type"], event["reason"]) for event in found]


def told(shop: Shop, reason: str, *, seconds: int = 60, stalled: bool = False) -> str:
    """Wait for the reason of what is stuck, and see that nobody can take it for ready; its message."""
    shop.wait_for(f'jsonpath={{.status.conditions[?(@.type=="Ready")].reason}}={reason}', seconds)
    shop.wait_for(f"condition={'Stalled' if stalled else 'Reconciling'}", seconds)
    live = shop.get("dataservice", "orders")
    assert live["status"]["observedGeneration"] == live["metadata"]["generation"]
    ready = shop.condition("Ready")
    assert (ready["status"], ready["reason"]) == ("False", reason)
    assert kstatus(live) == ("Failed" if stalled else "InProgress")
    with pytest.raises(KubectlError, match="condition not met"):
        shop("wait", "--for=condition=Ready", "--timeout=0s", "dsvc/orders")
    eventually(lambda: ("Warning", reason) in _events(shop), seconds=5)
    message: str = ready["message"]
    return message


def serves(shop: Shop) -> None:
    with shop.client() as client:
        assert client.get("/data").status_code == httpx.codes.OK


def test_a_missing_key_of_the_secret_is_named_and_its_appearance_heals(shop: Shop) -> None:
    uri = shop.get("secret", "orders-mongo")["data"]["uri"]
    shop("patch", "secret", "orders-mongo", f"--patch={json.dumps({'data': {'uri': None, 'url': uri}})}")
    shop.apply()
    message = told(shop, "SecretKeyNotFound")
    assert "'orders-mongo'" in message
    assert "no key 'uri'" in message
    shop("patch", "secret", "orders-mongo", f"--patch={json.dumps({'data': {'uri': uri}})}")
    shop.wait_ready()


@pytest.mark.parametrize("forbidden", ["pods", "services", "configmaps", "count/replicasets.apps"])
def test_a_quota_is_named_by_what_it_forbids_and_a_larger_one_heals(shop: Shop, forbidden: str) -> None:
    """Each namespace has one of each already, for its database."""
    quota = {"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "small"}}
    shop("apply", "--filename=-", manifest={**quota, "spec": {"hard": {forbidden: "1"}}})
    eventually(lambda: "hard" in shop.get("resourcequota", "small").get("status", {}))
    shop.apply()
    message = told(shop, "QuotaExceeded")
    assert "exceeded quota: small" in message
    assert forbidden in message
    shop("delete", "resourcequota", "small")
    shop.wait_ready()


def test_what_the_namespace_refuses_of_a_pod_is_told(shop: Shop) -> None:
    limits = {"limits": [{"type": "Container", "max": {"memory": "64Mi"}}]}
    manifest = {"apiVersion": "v1", "kind": "LimitRange", "metadata": {"name": "tiny"}, "spec": limits}
    shop("apply", "--filename=-", manifest=manifest)
    shop.apply()
    assert "maximum memory usage per Container is 64Mi" in told(shop, "PodsRefused")
    shop("delete", "limitrange", "tiny")
    shop.wait_ready()


def test_pods_that_no_node_takes_are_told_and_an_edit_heals(shop: Shop) -> None:
    shop.apply(**NOWHERE)
    assert "node affinity/selector" in told(shop, "Unschedulable")
    shop.apply()
    shop.wait_ready()


def test_a_container_that_cannot_be_made_says_what_it_lacks(shop: Shop) -> None:
    """By a variable that somebody else has added to the Deployment: of ours, none can lack anything silently."""
    shop.apply()
    shop.wait_ready()
    reference = {"name": "EXTRA", "valueFrom": {"configMapKeyRef": {"name": "extras", "key": "extra"}}}
    pod = {"containers": [{"name": "service", "env": [reference]}]}
    patch = {"spec": {"template": {"spec": pod}}}
    shop("patch", "deployment", "orders", f"--patch={json.dumps(patch)}")
    assert "extras" in told(shop, "ContainerConfigError")
    serves(shop)
    shop("create", "configmap", "extras", "--from-literal=extra=1")
    shop.wait_ready()


def test_too_little_memory_is_told_with_the_field_to_raise(shop: Shop) -> None:
    shop.apply(resources={"requests": {"memory": "24Mi"}, "limits": {"memory": "24Mi"}})
    assert "raise spec.resources.limits.memory" in told(shop, "OOMKilled")
    shop.apply()
    shop.wait_ready()


@pytest.mark.parametrize(
    ("data", "reason", "words"),
    [
        ({"schema": {"type": "objekt"}}, "InvalidSchema", "/spec/data/schema/type"),
        (
            {"schema": {"type": "object"}, "indexes": [{"fields": ["sku"], "unique": True}]},
            "IndexFieldNotRequired",
            "'sku'",
        ),
    ],
)
def test_what_only_an_edit_can_heal_stalls_at_once_while_the_old_pods_serve(
    shop: Shop, data: dict[str, Any], reason: str, words: str
) -> None:
    shop.apply()
    shop.wait_ready()
    shop.apply(data=data)
    assert words in told(shop, reason, seconds=10, stalled=True)
    serves(shop)
    shop.apply()
    shop.wait_ready()
    assert shop.condition("Stalled")["status"] == "False"


def test_an_index_that_the_documents_forbid_is_told_by_the_new_pods_and_heals(shop: Shop) -> None:
    shop.apply()
    shop.wait_ready()
    unique = {"schema": SCHEMA, "indexes": [{"fields": ["sku"], "unique": True}]}
    with shop.client() as client:
        for quantity in (1, 2):
            shop.post(client, {"sku": "A", "quantity": quantity})
    shop.apply(data=unique)
    assert "documents that exist share their sku" in told(shop, "IndexConflict")
    assert shop.condition("DatabaseReachable")["status"] == "True"
    serves(shop)
    with MongoClient[dict[str, Any]](shop.database_uri()) as database:
        assert database["shop"]["orders"].delete_one({"quantity": 1}).deleted_count == 1
    shop.wait_ready()


def test_refused_credentials_are_told_and_the_right_ones_heal(shop: Shop) -> None:
    with MongoClient[dict[str, Any]](shop.database_uri()) as database:
        database.admin.command("createUser", "orders", pwd="hunter2", roles=["root"])  # noqa: S106
    shop.connect_as("orders", "hunter3")
    shop.apply()
    message = told(shop, "DatabaseAuthFailed")
    assert "hunter" not in message
    assert shop.condition("DatabaseReachable")["status"] == "False"
    shop.connect_as("orders", "hunter2")
    shop.wait_ready()


def test_scaled_to_zero_is_ready_as_asked(shop: Shop) -> None:
    shop.apply(replicas=0)
    shop.wait_ready()
    assert shop.condition("Ready")["reason"] == "ScaledToZero"
    assert shop.condition("Available")["status"] == "False"
    shop.apply(replicas=1)
    shop.wait_ready()
    assert shop.condition("Ready")["reason"] == "PodsReady"


def test_a_paused_deployment_is_told_once_there_is_something_to_roll(shop: Shop) -> None:
    shop.apply()
    shop.wait_ready()
    shop("rollout", "pause", "deployment/orders")
    shop.apply(config={"TZ": "Europe/Berlin"})
    message = told(shop, "Paused")
    serves(shop)
    shop.kubectl(*message.split("kubectl ")[1].split())
    shop.wait_ready()


def test_a_spec_that_no_operator_has_seen_is_not_taken_for_ready(kubectl: Kubectl, shop: Shop) -> None:
    shop.apply()
    shop.wait_ready()
    operator = (f"--namespace={OPERATOR}", "deployment/dataservice-operator")
    kubectl("scale", *operator, "--replicas=0")
    eventually(lambda: not kubectl(f"--namespace={OPERATOR}", "get", "pod", "--output=name"), seconds=60)
    try:
        shop.apply(config={"TZ": "Europe/Berlin"})
        assert kstatus(shop.get("dataservice", "orders")) == "InProgress"
        with pytest.raises(KubectlError, match="timed out"):
            shop.wait_for("condition=Ready", seconds=1)
    finally:
        kubectl("scale", *operator, "--replicas=2")
    shop.wait_ready()


@pytest.mark.usefixtures("impatient")
class TestDeadline:
    def test_what_does_not_heal_in_time_is_stalled_until_it_heals(self, shop: Shop) -> None:
        shop.apply(image="localhost/dataservice/nothing:here")
        told(shop, "ImagePullFailed")
        told(shop, "ImagePullFailed", seconds=DEADLINE + 10, stalled=True)
        eventually(lambda: ("Warning", "ProgressDeadlineExceeded") in _events(shop))
        shop.apply(image=None)
        shop.wait_ready()
        assert shop.condition("Stalled")["status"] == "False"

    def test_pods_that_no_scheduler_looks_at_are_stalled_in_time(self, cluster: Cluster, shop: Shop) -> None:
        with stopped(cluster, "kube-scheduler"):
            shop.apply()
            shop.wait_for("condition=Reconciling", seconds=10)
            shop.wait_for("condition=Stalled", seconds=DEADLINE + 10)
            assert shop.condition("Ready")["reason"] == "RollingOut"
        shop.wait_ready()

    def test_while_the_deployments_controller_sleeps_no_new_spec_is_ready(
        self, cluster: Cluster, shop: Shop
    ) -> None:
        shop.apply()
        shop.wait_ready()
        with stopped(cluster, "kube-controller-manager"):
            shop.apply(config={"TZ": "Europe/Berlin"})
            shop.wait_for("condition=Stalled", seconds=DEADLINE + 10)
            assert shop.condition("Ready")["reason"] == "RollingOut"
            serves(shop)
        shop.wait_ready()

    def test_while_the_deployments_controller_sleeps_pods_that_went_down_are_not_ready(
        self, cluster: Cluster, shop: Shop
    ) -> None:
        shop.apply()
        shop.wait_ready()
        with stopped(cluster, "kube-controller-manager"):
            database = "--selector=app.kubernetes.io/name=mongodb"
            shop("delete", "pod", database, "--grace-period=0", "--force")
            told(shop, "DatabaseUnreachable")
            assert shop.get("deployment", "orders")["status"]["readyReplicas"] == 1, "as it was left"
        shop.wait_ready()
