"""The HorizontalPodAutoscaler."""

from typing import Any

import pytest

from dataservice_operator.render.autoscaler import autoscaler
from tests.operator.samples import data_service


def spec(**autoscaling: Any) -> dict[str, Any]:
    manifest = autoscaler(data_service(autoscaling={"maxReplicas": 4, **autoscaling}))
    assert manifest is not None
    rendered: dict[str, Any] = manifest["spec"]
    return rendered


@pytest.mark.parametrize(
    ("targets", "metrics"),
    [
        pytest.param({}, [("cpu", 70)], id="neither: CPU at 70"),
        pytest.param({"targetCPUUtilizationPercentage": 55}, [("cpu", 55)], id="CPU"),
        pytest.param({"targetMemoryUtilizationPercentage": 80}, [("memory", 80)], id="memory alone"),
        pytest.param(
            {"targetCPUUtilizationPercentage": 55, "targetMemoryUtilizationPercentage": 80},
            [("cpu", 55), ("memory", 80)],
            id="both",
        ),
    ],
)
def test_it_aims_at_the_targets_that_are_named(
    targets: dict[str, int], metrics: list[tuple[str, int]]
) -> None:
    rendered = spec(**targets)["metrics"]
    assert [
        (metric["resource"]["name"], metric["resource"]["target"]["averageUtilization"])
        for metric in rendered
    ] == metrics
    assert {metric["resource"]["target"]["type"] for metric in rendered} == {"Utilization"}


def test_it_scales_the_deployment_between_the_bounds() -> None:
    rendered = spec(minReplicas=2)
    assert (rendered["minReplicas"], rendered["maxReplicas"]) == (2, 4)
    assert rendered["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "orders"}
