"""No secret leaves by a report."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_dataservice.redaction import REDACTED, redaction

Place = Callable[[str], Any]
"""An object, or a text, that holds a secret."""


def pod(**container: Any) -> dict[str, Any]:
    return {"kind": "Pod", "spec": {"initContainers": [{"name": "service", **container}]}}


def event(message: str) -> dict[str, Any]:
    return {"kind": "Event", "message": message}


def annotated(**annotations: str) -> dict[str, Any]:
    return {"kind": "Deployment", "metadata": {"annotations": annotations, "name": "orders"}}


BY_PLACE: dict[str, Place] = {
    "spec.config": lambda secret: {"kind": "DataService", "spec": {"config": {"SMTP": secret}}},
    "environment": lambda secret: pod(env=[{"name": "SMTP", "value": secret}]),
    "variable with our prefix": lambda secret: pod(env=[{"name": "DATASERVICE_X", "value": secret}]),
    "argument": lambda secret: pod(args=["--smtp", secret]),
    "command": lambda secret: pod(livenessProbe={"exec": {"command": ["check", secret]}}),
    "header of a probe": lambda secret: pod(
        readinessProbe={"httpGet": {"httpHeaders": [{"name": "X", "value": secret}]}}
    ),
    "annotation": lambda secret: annotated(**{"example.com/smtp": secret}),
    "last applied object": lambda secret: annotated(
        **{"kubectl.kubernetes.io/last-applied-configuration": json.dumps({"spec": {"config": secret}})}
    ),
    "annotation of the Service": lambda secret: {"spec": {"service": {"annotations": {"x": secret}}}},
    "managed fields": lambda secret: {"metadata": {"managedFields": [{"manager": secret}]}},
    "Secret": lambda secret: {"kind": "Secret", "data": {"key": secret}, "stringData": {"uri": secret}},
    "Secret in a list": lambda secret: {"items": [{"kind": "Secret", "data": {secret: ""}}]},
    "field named password": lambda secret: {"status": {"password": secret}},
    "field named for a token": lambda secret: {"accessToken": secret, "api_key": secret},
}
BY_FORM: dict[str, Place] = {
    "connection string": lambda secret: event(f"cannot parse mongodb+srv://till:{secret}@db.example/?a=b."),
    "query of a connection string": lambda secret: event(
        f"mongodb://db/?tlsCertificateKeyFilePassword={secret}"
    ),
    "user of a URL": lambda secret: event(f"GET https://till:{secret}@example.com/x failed"),
    "bearer": lambda secret: f"> Authorization: Bearer {secret}\n> Accept: */*",
    "bearer alone": lambda secret: f"bearer {secret}",
    "other authorization": lambda secret: f"authorization: Negotiate {secret}",
    "JSON Web Token": lambda secret: f"took eyJhbGciOi.{secret}.{secret}",
    "API key of ours": lambda secret: f"key=x dsk_{secret}{'x' * 16}",
    "password": lambda secret: f"user=till password={secret}",
    "quoted password": lambda secret: f"DB_PASSWORD: 'it is {secret}'",
    "JSON line": lambda secret: json.dumps({"message": f'password="it is {secret}"', "token": secret}),
    "JSON line among others": lambda secret: f"start\n{json.dumps({'clientSecret': secret})}\nend",
    "private key": lambda secret: f"-----BEGIN RSA PRIVATE KEY-----\n{secret}\n-----END RSA PRIVATE KEY-----",
    "private key cut off": lambda secret: f"-----BEGIN PRIVATE KEY-----\n{secret}",
}
ANY = st.text(st.characters(codec="utf-8"), min_size=12, max_size=40)
few = settings(max_examples=60, deadline=None)
TOKEN = st.from_regex(r"[A-Za-z0-9_-]{12,40}", fullmatch=True)


@few
@given(place=st.sampled_from(sorted(BY_PLACE)), secret=ANY)
def test_what_stands_where_a_secret_may_stand_is_left_out(place: str, secret: str) -> None:
    assert_hidden(secret, shown(BY_PLACE[place](secret)))


@few
@given(place=st.sampled_from(sorted(BY_FORM)), secret=TOKEN)
def test_what_looks_like_a_credential_is_left_out(place: str, secret: str) -> None:
    assert_hidden(secret, shown(BY_FORM[place](secret)))


@pytest.mark.parametrize("place", [*BY_PLACE.values(), *BY_FORM.values()], ids=[*BY_PLACE, *BY_FORM])
def test_each_place_is_looked_at_and_what_is_redacted_is_redacted_to_itself(place: Place) -> None:
    once = redaction([])(place("hunter2-hunter2"))
    assert_hidden("hunter2-hunter2", str(once))
    assert redaction([])(once) == once


@few
@given(secret=ANY)
def test_what_the_spec_hides_is_hidden_wherever_it_is_repeated(secret: str) -> None:
    spec = {"spec": {"config": {"SMTP": secret}}, "status": {"message": f"cannot log in as {secret}"}}
    log = f"{json.dumps({'message': f'tried {secret}'})}\nand {secret} again"
    redacted = redaction([spec])
    assert_hidden(secret, shown(spec) + redacted(log))


def test_what_explains_stays() -> None:
    parent = {
        "metadata": {"name": "orders", "annotations": {"dataservice.dev/restartedAt": "2026-11-23"}},
        "spec": {
            "database": {
                "mongodb": {"uriSecret": {"name": "orders-mongo", "key": "uri"}, "database": "orders_db"}
            },
            "ingress": {"host": "orders.example.com", "tlsSecret": "orders-tls"},
            "data": {"schema": {"properties": {"password": {"type": "string"}}}},
        },
        "status": {
            "conditions": [
                {
                    "reason": "SecretNotFound",
                    "message": "Secret 'orders-mongo' does not exist in namespace 'shop': create it",
                }
            ],
            "url": "http://orders.shop.svc",
        },
    }
    deployment = pod(
        env=[
            {"name": "DATASERVICE_DATABASE__MONGODB__DATABASE", "value": "orders_db"},
            {"name": "URI", "valueFrom": {"secretKeyRef": {"name": "orders-mongo", "key": "uri"}}},
        ],
        volumes=[{"secret": {"secretName": "orders-keys"}}],
        automountServiceAccountToken=False,
    )
    redacted = redaction([parent, deployment])
    assert redacted(parent) == parent
    variables = redacted(deployment)["spec"]["initContainers"][0]
    assert variables["env"][0]["value"] == REDACTED
    assert variables["env"][1:] == deployment["spec"]["initContainers"][0]["env"][1:]
    assert variables["volumes"] == [{"secret": {"secretName": "orders-keys"}}]
    log = '{"message": "POST /data", "status": 401, "code": "unauthenticated", "request_id": "56c9747916987304"}'
    assert redacted(log) == log


def shown(value: Any) -> str:
    redacted = redaction([value])(value)
    return json.dumps(redacted, ensure_ascii=False) + str(redacted)


def assert_hidden(secret: str, text: str) -> None:
    spoken = (secret, json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    assert not any(each in text for each in spoken)
