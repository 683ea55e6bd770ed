"""The PodDisruptionBudget."""

from typing import Any

import pytest

from dataservice_operator.render.deployment import deployment
from dataservice_operator.render.disruption_budget import disruption_budget
from tests.operator.samples import INPUTS, data_service


def test_without_a_word_of_it_there_is_none() -> None:
    assert disruption_budget(data_service()) is None


@pytest.mark.parametrize("bound", [{"minAvailable": 1}, {"maxUnavailable": "25%"}, {"maxUnavailable": 0}])
def test_it_bounds_the_pods_of_the_deployment(bound: dict[str, Any]) -> None:
    manifest = disruption_budget(data_service(podDisruptionBudget=bound))
    assert manifest is not None
    selector = manifest["spec"].pop("selector")["matchLabels"]
    assert manifest["spec"] == bound
    template = deployment(data_service(), INPUTS, "orders-0")["spec"]["template"]
    assert selector.items() <= template["metadata"]["labels"].items()
