"""CPU and memory of a pod."""

from typing import Any

import pytest

from dataservice_operator.crd.resources import Resources
from dataservice_operator.render.resources import resources


@pytest.mark.parametrize(
    ("wanted", "rendered"),
    [
        pytest.param(
            {},
            {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
            id="nothing named: defaults",
        ),
        pytest.param(
            {"requests": {"memory": "256Mi"}},
            {"requests": {"cpu": "100m", "memory": "256Mi"}},
            id="a memory request stands alone",
        ),
        pytest.param(
            {"limits": {"memory": "64Mi"}},
            {"requests": {"cpu": "100m"}, "limits": {"memory": "64Mi"}},
            id="a memory limit below the default request stands alone",
        ),
        pytest.param(
            {"limits": {"cpu": "50m"}},
            {"requests": {"cpu": "50m", "memory": "128Mi"}, "limits": {"cpu": "50m", "memory": "512Mi"}},
            id="a CPU limit below the default request is the request",
        ),
        pytest.param(
            {"requests": {"cpu": 2, "memory": "0.5Gi"}, "limits": {"memory": "1024Mi"}},
            {"requests": {"cpu": "2", "memory": "512Mi"}, "limits": {"memory": "1Gi"}},
            id="as the API server writes them",
        ),
        pytest.param(
            {"limits": {"example.com/gpu": 1}},
            {
                "requests": {"cpu": "100m", "memory": "128Mi"},
                "limits": {"example.com/gpu": "1", "memory": "512Mi"},
            },
            id="an extended resource beside the defaults",
        ),
    ],
)
def test_what_the_user_names_stands_and_the_rest_is_filled_in(
    wanted: dict[str, Any], rendered: dict[str, Any]
) -> None:
    assert resources(Resources(**wanted)) == rendered
