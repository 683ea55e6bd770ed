"""k8s/plain is what the operator makes, without what says that an operator keeps it."""

from typing import Any

from dataservice_operator.crd.resource import GROUP
from dataservice_operator.render.deployment import deployment
from delivery import plain
from delivery.generate import ROOT
from tests.operator.samples import INPUTS, data_service


def test_nothing_in_it_names_an_owner_or_who_manages_it() -> None:
    text = "".join(plain.files(ROOT).values())
    for mark in ("ownerReferences", "managed-by", f"{GROUP}/"):
        assert mark not in text


def test_only_the_marks_are_taken_away() -> None:
    rendered = deployment(data_service(), INPUTS, "orders-0")
    bare = plain.without_owner(rendered)
    assert _containers(bare) == _containers(rendered)
    assert bare["spec"]["selector"] == rendered["spec"]["selector"]
    labels = bare["spec"]["template"]["metadata"]["labels"]
    assert labels == rendered["spec"]["selector"]["matchLabels"]


def _containers(manifest: dict[str, Any]) -> Any:
    return manifest["spec"]["template"]["spec"]["containers"]
