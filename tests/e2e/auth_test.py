"""A DataService whose callers must say who they are, on a real cluster."""

import json
import time

import httpx
import pytest

from tests.support import issuer, issuer_pod
from tests.support.api_keys import line, new_key
from tests.support.eventually import eventually
from tests.support.shop import Shop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(420)]

DOCUMENT = {"sku": "A", "quantity": 1}


def test_a_key_that_is_added_to_the_secret_works_without_a_restart_or_a_roll(shop: Shop) -> None:
    first, second = new_key(), new_key()
    shop.apply(api={"auth": {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}})
    shop.wait_for('jsonpath={.status.conditions[?(@.type=="Ready")].reason}=KeysSecretNotFound', seconds=30)
    shop("create", "secret", "generic", "orders-keys", f"--from-literal=till={line(first)}")
    shop.wait_ready()
    generation = shop.get("deployment", "orders")["metadata"]["generation"]

    with shop.client() as stranger, shop.client(first) as till, shop.client(second) as web:
        assert stranger.post("/data", json=DOCUMENT).status_code == httpx.codes.UNAUTHORIZED
        assert web.post("/data", json=DOCUMENT).status_code == httpx.codes.UNAUTHORIZED
        shop.post(till, DOCUMENT)
        added = json.dumps({"stringData": {"web": line(second, "read")}})
        shop("patch", "secret", "orders-keys", f"--patch={added}")
        # The kubelet renews mounted Secrets once in a minute or so.
        eventually(lambda: web.get("/data").status_code == httpx.codes.OK, seconds=180, every=1)
        assert web.post("/data", json=DOCUMENT).status_code == httpx.codes.FORBIDDEN
        shop.post(till, DOCUMENT)

    assert shop.get("deployment", "orders")["metadata"]["generation"] == generation
    [pod] = shop.get("pod", "--selector=app.kubernetes.io/managed-by=dataservice-operator")["items"]
    assert pod["status"]["containerStatuses"][0]["restartCount"] == 0
    assert shop.condition("Ready")["status"] == "True"


def test_pods_wait_for_the_issuer_of_tokens_then_take_its_tokens_and_no_others(shop: Shop) -> None:
    url = f"http://{issuer_pod.NAME}.{shop.namespace}.svc/keys"
    tokens = {"issuer": issuer.ISSUER, "audience": issuer.AUDIENCE, "jwksURL": url}
    shop.apply(api={"auth": {"mode": "JWT", "jwt": tokens}})
    shop.wait_for('jsonpath={.status.conditions[?(@.type=="Ready")].reason}=KeySetUnavailable', seconds=60)
    assert issuer_pod.start(shop, "rsa") == url
    shop.wait_ready()

    with shop.client(issuer.token()) as till:
        shop.post(till, DOCUMENT)
    refused = {
        "the token has expired": issuer.token(exp=int(time.time()) - 120),
        "the token is for another audience": issuer.token(aud="invoices"),
        "the token is of another issuer": issuer.token(iss="https://login.example.org/"),
        "the token is signed with a key that its issuer does not publish": issuer.token("rotated"),
    }
    for cause, token in refused.items():
        with shop.client(token) as stranger:
            answer = stranger.post("/data", json=DOCUMENT)
            assert (answer.status_code, answer.json()["detail"]) == (httpx.codes.UNAUTHORIZED, cause)
    with shop.client(issuer.token(scope="data:read")) as reader:
        assert reader.post("/data", json=DOCUMENT).status_code == httpx.codes.FORBIDDEN
        assert len(reader.get("/data").json()["items"]) == 1
