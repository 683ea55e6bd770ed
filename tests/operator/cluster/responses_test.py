"""The API server's failures in the operator's own words."""

import json
from typing import Any

import pytest

from dataservice_operator.cluster.client import Event
from dataservice_operator.cluster.responses import decoded, error_of, error_of_status, unanswered
from dataservice_operator.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    NamespaceTerminating,
    NotFound,
    QuotaExceeded,
    Rejected,
    Unavailable,
    VolumeNotExpandable,
)

TERMINATING = {
    "reason": "Forbidden",
    "message": "unable to create new content in namespace shop because it is being terminated",
    "details": {"causes": [{"reason": "NamespaceTerminating", "field": "metadata.namespace"}]},
}
QUOTA = {"reason": "Forbidden", "message": 'services "orders" is forbidden: exceeded quota: small'}
TOO_LARGE = {
    "message": 'persistentvolumeclaims "orders-data" is forbidden: only dynamically provisioned pvc can be resized '
    "and the storageclass that provisions the pvc must support resize"
}
MISFIT = {
    "message": "failed to create typed patch object (...): .spec.template.spec.afinity: field not declared"
}


def answer(status: int, body: dict[str, Any], **headers: str) -> ApiError:
    return error_of(status, headers, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (400, {}, Rejected),
        (401, {}, ApiError),
        (403, {"reason": "Forbidden", "message": "cannot create resource"}, Forbidden),
        (403, QUOTA, QuotaExceeded),
        (403, TOO_LARGE, VolumeNotExpandable),
        (403, TERMINATING, NamespaceTerminating),
        (404, {}, NotFound),
        (409, {"reason": "AlreadyExists"}, Conflict),
        (410, {"reason": "Expired"}, Gone),
        (422, {"reason": "Invalid"}, Rejected),
        (429, {}, Unavailable),
        (500, {}, Unavailable),
        (500, MISFIT, Rejected),
        (503, {}, Unavailable),
        (504, {"reason": "Timeout"}, Unavailable),
    ],
)
def test_each_failure_is_an_error_of_its_kind(
    status: int, body: dict[str, Any], kind: type[ApiError]
) -> None:
    error = answer(status, body)
    assert type(error) is kind
    assert error.status == status


def test_the_servers_sentence_is_kept() -> None:
    error = answer(422, {"reason": "Invalid", "message": "spec.replicas: must be at least 0"})
    assert str(error) == "Invalid: spec.replicas: must be at least 0"


def test_an_answer_of_a_proxy_is_no_status_and_still_an_error() -> None:
    error = error_of(502, {}, b"<html>bad gateway \xff</html>" + b"x" * 1000)
    assert type(error) is Unavailable
    assert str(error).startswith("502: <html>bad gateway")
    assert len(str(error)) < 250


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b'"text"'])
def test_an_answer_of_any_shape_is_an_error_of_its_status(body: bytes) -> None:
    assert type(error_of(503, {}, body)) is Unavailable


@pytest.mark.parametrize(("header", "seconds"), [("3", 3.0), ("soon", None), ("", None)])
def test_the_wait_the_server_asks_for_is_kept(header: str, seconds: float | None) -> None:
    assert answer(429, {}, **{"Retry-After": header}).retry_after == seconds


def test_an_error_inside_a_watch_is_told_by_its_code() -> None:
    assert type(error_of_status({"code": 410, "reason": "Expired", "message": "too old"})) is Gone


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<html>sorry</html>", "was not answered in JSON"),
        (b"", "was not answered in JSON"),
        (b"[]", "was answered with JSON of another kind"),
        (b'{"type": "ADDED"}', "was answered with JSON of another kind"),
        (b'{"type": "ADDED", "object": null}', "was answered with JSON of another kind"),
    ],
)
def test_what_is_no_event_is_worth_another_try(content: bytes, said: str) -> None:
    with pytest.raises(Unavailable, match=f"Unreadable: the watch of pods {said}") as raised:
        decoded(content, Event, 200, "the watch of pods")
    assert raised.value.status == 200, "it was an answer: all is listed again"


def test_no_answer_at_all_is_worth_another_try() -> None:
    error = unanswered(ConnectionRefusedError("refused"))
    assert (error.status, type(error)) == (0, Unavailable)
    assert "ConnectionRefusedError" in str(error)
