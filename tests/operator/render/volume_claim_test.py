"""The claim for an embedded database's volume."""

from dataclasses import replace
from typing import Any

import pytest

from dataservice_operator.render.inputs import Claim
from dataservice_operator.render.volume_claim import volume_claim
from tests.operator.samples import INPUTS, data_service

LIVE = Claim(size="4Gi", bound=True, storage_class=None)


def claim(live: Claim | None = None, **embedded: Any) -> dict[str, Any]:
    database = {"embedded": {"size": "1Gi", **embedded}}
    manifest = volume_claim(data_service(database=database), replace(INPUTS, claim=live))
    assert manifest is not None
    return manifest


def size(live: Claim | None, wanted: str) -> str:
    requested: str = claim(live, size=wanted)["spec"]["resources"]["requests"]["storage"]
    return requested


def test_with_mongodb_there_is_none() -> None:
    assert volume_claim(data_service(), INPUTS) is None


def test_one_pod_at_a_time_may_mount_it() -> None:
    assert claim()["spec"]["accessModes"] == ["ReadWriteOnce"]


def test_it_stays_without_its_owner_unless_the_spec_says_delete() -> None:
    assert "ownerReferences" not in claim()["metadata"]
    assert claim()["metadata"]["annotations"]["dataservice.dev/owner"] == "orders"
    assert "ownerReferences" in claim(retention="Delete")["metadata"]


@pytest.mark.parametrize(
    ("live", "wanted", "requested"),
    [
        pytest.param(None, "1.5Gi", "1536Mi", id="made"),
        pytest.param(LIVE, "5000Mi", "5000Mi", id="grown"),
        pytest.param(LIVE, "4096Mi", "4Gi", id="the same in other words"),
        pytest.param(LIVE, "4G", "4Gi", id="a little less"),
        pytest.param(replace(LIVE, bound=False), "5Gi", "4Gi", id="larger before it is bound"),
    ],
)
def test_it_asks_for_no_less_than_before_and_for_more_once_it_is_bound(
    live: Claim | None, wanted: str, requested: str
) -> None:
    assert size(live, wanted) == requested


@pytest.mark.parametrize(
    ("named", "live", "wanted"),
    [
        pytest.param({}, None, None, id="the cluster's choice"),
        pytest.param({"storageClassName": ""}, None, "", id="made by hand"),
        pytest.param({"storageClassName": "fast"}, LIVE, "fast", id="named"),
        pytest.param({}, replace(LIVE, storage_class="fast"), "fast", id="named in an earlier life"),
    ],
)
def test_a_storage_class_once_named_is_named_for_ever(
    named: dict[str, str], live: Claim | None, wanted: str | None
) -> None:
    assert claim(live, **named)["spec"].get("storageClassName") == wanted
