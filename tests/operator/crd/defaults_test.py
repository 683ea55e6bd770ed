"""Defaults that the operator decides, not the API server, are told in the fields' descriptions all the same."""

import re

import pytest

from dataservice_operator.crd.autoscaling import Autoscaling
from dataservice_operator.crd.model import ApiModel
from dataservice_operator.crd.resources import Resources
from dataservice_operator.render.autoscaler import DEFAULT_CPU_PERCENT
from dataservice_operator.render.resources import (
    DEFAULT_CPU_REQUEST,
    DEFAULT_MEMORY_LIMIT,
    DEFAULT_MEMORY_REQUEST,
)


@pytest.mark.parametrize(
    ("model", "field", "default"),
    [
        (Resources, "requests", DEFAULT_CPU_REQUEST),
        (Resources, "requests", DEFAULT_MEMORY_REQUEST),
        (Resources, "limits", DEFAULT_MEMORY_LIMIT),
        (Autoscaling, "target_cpu_utilization_percentage", str(DEFAULT_CPU_PERCENT)),
    ],
)
def test_a_default_of_the_operator_is_documented(model: type[ApiModel], field: str, default: str) -> None:
    told, _, _ = (model.model_fields[field].description or "").partition("Example:")
    assert re.search(rf"\b{default}\b", told)
