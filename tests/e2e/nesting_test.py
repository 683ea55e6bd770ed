"""What nests deep, on the Python of the operator's image: how deep a text may nest differs from one to another."""

import json
from pathlib import Path

import pytest

from tests.e2e.conftest import OPERATOR
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl
from tests.support.shop import Shop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240)]

LEVELS = 3000


def _starts(kubectl: Kubectl) -> set[str]:
    """Of each pod of the operator, how often it was started again."""
    restarts = "jsonpath={range .items[*]}{.metadata.name} {.status.containerStatuses[*].restartCount};{end}"
    return set(kubectl("get", "pods", f"--namespace={OPERATOR}", f"--output={restarts}").split(";"))


def test_a_schema_that_nests_deep_is_told_and_keeps_nobody_else_from_being_served(
    empty_shop: Shop, tmp_path: Path
) -> None:
    marker = {"not": "deeper"}
    whole = json.dumps(smallest(metadata={"name": "deep"}, spec={"data": {"schema": marker}}))
    file = tmp_path / "deep.json"
    file.write_text(whole.replace(json.dumps(marker), '{"not":' * LEVELS + "{}" + "}" * LEVELS))
    before = _starts(empty_shop.kubectl)

    empty_shop("create", f"--filename={file}")
    reason = 'jsonpath={.status.conditions[?(@.type=="Ready")].reason}=InvalidSchema'
    empty_shop("wait", f"--for={reason}", "--timeout=60s", "dsvc/deep", seconds=70)
    empty_shop.apply()
    empty_shop.wait_for("jsonpath={.status.observedGeneration}=1", 60)

    assert _starts(empty_shop.kubectl) <= before, (
        "pods of before the roll may be gone, but none was started again"
    )
