"""The Secret with the key that signs cursors."""

import base64

import pytest

from dataservice_operator.render.cursor_secret import cursor_secret
from dataservice_operator.render.deployment import deployment
from tests.operator.samples import INPUTS, data_service

ACCOUNT = "4f1c2d3e-0000-4000-8000-0000000000aa"


def test_it_keeps_the_key_it_was_given_and_cannot_be_edited() -> None:
    manifest = cursor_secret(data_service(), b"\x00secret\xff", ACCOUNT)
    assert base64.b64decode(manifest["data"]["key"]) == b"\x00secret\xff"
    assert manifest["immutable"] is True


@pytest.mark.parametrize("policy", ["Delete", "Orphan"])
def test_it_goes_and_stays_with_the_service_account_whatever_becomes_of_that(policy: str) -> None:
    (owner,) = cursor_secret(data_service(deletionPolicy=policy), b"", ACCOUNT)["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"], owner["uid"]) == ("ServiceAccount", "orders", ACCOUNT)


def test_the_pods_mount_it_under_its_name() -> None:
    volumes = deployment(data_service(), INPUTS, "orders-0")["spec"]["template"]["spec"]["volumes"]
    (mounted,) = [volume["secret"]["secretName"] for volume in volumes if "secret" in volume]
    assert mounted == cursor_secret(data_service(), b"", ACCOUNT)["metadata"]["name"]
