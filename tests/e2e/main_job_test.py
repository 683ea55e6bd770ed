"""One DataService on a real cluster: what its users do with it, and what befalls it."""

import json
from typing import Any

import httpx
import pytest

from tests.e2e.conftest import OPERATOR
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl, KubectlError
from tests.support.load import under_load
from tests.support.shop import SCHEMA, Shop, moved, samples

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

OURS = "--selector=app.kubernetes.io/managed-by=dataservice-operator"
ALL_KINDS = "configmap,deployment,replicaset,pod,hpa,secret,service,serviceaccount"


def test_the_sample_becomes_an_api_that_stores_and_returns_json(kubectl: Kubectl, shop: Shop) -> None:
    sample = next(manifest for manifest in samples(kubectl) if manifest["kind"] == "DataService")
    sample["spec"]["service"] = {"type": "NodePort"}
    shop("apply", "--filename=-", manifest=moved(sample, shop.namespace))
    shop.wait_ready()
    shop("rollout", "status", "deployment/orders", "--timeout=30s")
    with shop.client() as client:
        stored = shop.post(client, {"sku": "A-1", "quantity": 2})
        assert client.get(f"/data/{stored['_id']}").json() == stored
        assert client.get("/data").json()["items"] == [stored]
        refused = client.post("/data", json={"sku": "A-2", "quantity": 0})
        assert refused.status_code == httpx.codes.UNPROCESSABLE_ENTITY
        assert refused.json()["errors"][0]["pointer"] == "/quantity"
        assert client.post("/data", json={"sku": "A-1", "quantity": 1}).status_code == httpx.codes.CONFLICT
    assert shop.condition("DatabaseReachable")["status"] == "True"


def test_a_new_schema_rolls_the_pods_and_no_request_fails_meanwhile(shop: Shop) -> None:
    shop.apply(replicas=2)
    shop.wait_ready()
    with shop.client() as client:
        shop.post(client, {"sku": "A", "quantity": 1})
        stricter = {**SCHEMA, "required": ["sku", "quantity", "price"]}
        shop.apply(replicas=2, data={"schema": stricter})

        def rolled() -> bool:
            assert client.get("/data").status_code == httpx.codes.OK
            answer = client.post("/data", json={"sku": "A", "quantity": 1})
            return answer.status_code == httpx.codes.UNPROCESSABLE_ENTITY

        eventually(rolled, seconds=60, every=0.05)
        shop.wait_ready()
        eventually(lambda: len(shop.get("configmap", OURS)["items"]) == 2, seconds=10)


def test_a_changed_connection_string_rolls_the_pods_to_the_new_database(shop: Shop) -> None:
    shop.apply()
    shop.wait_ready()
    before = shop.get("deployment", "orders")["metadata"]["generation"]
    uri = f"mongodb://mongodb.{shop.namespace}.svc:27017/?directConnection=true&appName=rotated"
    shop("patch", "secret", "orders-mongo", f"--patch={json.dumps({'stringData': {'uri': uri}})}")
    eventually(lambda: shop.get("deployment", "orders")["metadata"]["generation"] > before)
    shop("rollout", "status", "deployment/orders", "--timeout=60s", seconds=70)


def test_real_load_scales_the_pods_out_by_real_metrics(shop: Shop) -> None:
    shop.apply(autoscaling={"minReplicas": 1, "maxReplicas": 3, "targetCPUUtilizationPercentage": 50})
    shop.wait_ready()

    def more() -> bool:
        return bool(shop.get("deployment", "orders")["spec"]["replicas"] > 1)

    assert not more()
    with under_load(shop.url(), writers=0, readers=4, pause=0) as told:
        eventually(more, seconds=240, every=2)
    assert told.failures == []
    shop.wait_for("condition=Ready")


def test_a_disruption_budget_holds_an_eviction_back_until_it_is_taken_out_of_the_spec(shop: Shop) -> None:
    shop.apply(podDisruptionBudget={"minAvailable": 1})
    shop.wait_ready()
    eventually(lambda: shop.get("pdb", "orders").get("status", {}).get("currentHealthy") == 1)
    [pod] = shop.get("pod", OURS)["items"]
    eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod["metadata"]["name"]}}
    path = f"/api/v1/namespaces/{shop.namespace}/pods/{pod['metadata']['name']}/eviction"
    with pytest.raises(KubectlError, match="violate the pod's disruption budget"):
        shop.kubectl("create", f"--raw={path}", "--filename=-", manifest=eviction)
    shop.apply(podDisruptionBudget=None)
    eventually(lambda: not shop("get", "pdb", "--output=name"))
    shop.kubectl("create", f"--raw={path}", "--filename=-", manifest=eviction)


def test_a_missing_secret_is_named_within_ten_seconds_and_its_appearance_heals(shop: Shop) -> None:
    uri = shop.get("secret", "orders-mongo")["data"]["uri"]
    shop("delete", "secret", "orders-mongo")
    shop.apply()
    shop.wait_for('jsonpath={.status.conditions[?(@.type=="Ready")].reason}=SecretNotFound', seconds=10)
    assert "'orders-mongo'" in shop.condition("Ready")["message"]
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "orders-mongo"},
        "data": {"uri": uri},
    }
    shop("apply", "--filename=-", manifest=secret)
    shop.wait_ready()


def test_a_bad_connection_string_shows_the_cleaned_reason(shop: Shop) -> None:
    secret = {"stringData": {"uri": "mongodb+nonsense://user:hunter2@db"}}
    shop("patch", "secret", "orders-mongo", f"--patch={json.dumps(secret)}")
    shop.apply()
    shop.wait_for('jsonpath={.status.conditions[?(@.type=="Ready")].reason}=CrashLoop', seconds=60)
    message = shop.condition("Ready")["message"]
    assert "DATASERVICE_DATABASE__MONGODB__URI" in message
    assert "hunter2" not in message


def test_the_leading_operator_killed_in_the_middle_of_a_change_is_replaced(
    kubectl: Kubectl, shop: Shop
) -> None:
    shop.apply()
    holder = eventually(lambda: _holder(kubectl))
    shop(f"--namespace={OPERATOR}", "delete", "pod", holder, "--grace-period=0", "--force")
    shop.wait_ready()
    shop.apply(replicas=2)
    shop.wait_ready()
    assert shop.get("deployment", "orders")["status"]["readyReplicas"] == 2
    assert _holder(kubectl) != holder


def _holder(kubectl: Kubectl) -> str:
    """The pod that holds the operator's lease."""
    lease = kubectl.json(f"--namespace={OPERATOR}", "get", "lease", "dataservice-operator")
    return str(lease["spec"].get("holderIdentity", "")).split("_")[0]


def test_a_killed_service_loses_nothing_that_it_acknowledged(shop: Shop) -> None:
    shop.apply()
    shop.wait_ready()
    with shop.client() as client:
        stored = [shop.post(client, {"sku": str(number), "quantity": 1})["_id"] for number in range(50)]
    shop("delete", "pod", OURS, "--grace-period=0", "--force")
    with shop.client() as client:
        page = eventually(lambda: _page(client), seconds=60)
    assert [item["_id"] for item in page["items"]] == stored


def _page(client: httpx.Client) -> dict[str, Any]:
    try:
        answer = client.get("/data")
    except httpx.TransportError:
        return {}
    page: dict[str, Any] = answer.json() if answer.status_code == httpx.codes.OK else {}
    return page


def test_deleting_the_data_service_leaves_nothing_behind(shop: Shop) -> None:
    shop.apply(autoscaling={"maxReplicas": 2})
    shop.wait_ready()
    assert shop.get(ALL_KINDS, OURS)["items"]
    shop("delete", "dataservice", "orders")
    eventually(lambda: not shop.get(ALL_KINDS, OURS)["items"], seconds=60)


def test_the_pods_run_as_the_restricted_profile_demands_with_no_token(shop: Shop) -> None:
    shop.apply()
    shop.wait_ready()
    (pod,) = shop.get("pod", OURS)["items"]
    name = pod["metadata"]["name"]
    script = "import os; print(os.getuid(), os.path.exists('/var/run/secrets/kubernetes.io'))"
    assert shop("exec", name, "--", "python", "-c", script).split() == ["65532", "False"]
    written = "open('/etc/x', 'w')"
    refused = shop("exec", name, "--", "sh", "-c", f'python -c "{written}" 2>&1 || true')
    assert "Read-only file system" in refused
