from decimal import Decimal
from typing import Any

import pytest

from kubectl_dataservice.cost.estimate import Estimate, estimate
from kubectl_dataservice.cost.prices import Price, PriceTable
from tests.operator.samples import EMBEDDED, data_service

CENTS = Price(
    name="a",
    currency="EUR",
    vcpuHour=Decimal("0.10"),
    gibHour=Decimal("0.01"),
    diskGibMonth=Decimal("0.20"),
    asOf="now",
    source="here",
)
TABLE = PriceTable(hoursPerMonth=Decimal(100), prices=(CENTS,))
SCALED = {"minReplicas": 2, "maxReplicas": 7}


def costs(told: Estimate) -> tuple[str, str, str]:
    [cost] = told.costs
    return str(cost.low), str(cost.expected), str(cost.high)


def numbers(told: Estimate) -> tuple[float, float, float]:
    pods = told.needs.pods
    return float(pods.low), float(pods.expected), float(pods.high)


def asked(**resources: Any) -> tuple[float, float]:
    needs = estimate(data_service(resources=resources), TABLE).needs
    return float(needs.cpu), float(needs.memory)


def test_a_pod_costs_what_it_requests_for_all_hours_of_the_month() -> None:
    one = data_service(replicas=3, resources={"requests": {"cpu": "1500m", "memory": "2Gi"}})
    # 3 pods, 100 hours, 1.5 vCPU at 10 cents and 2 GiB at one
    assert costs(estimate(one, TABLE)) == ("51", "51", "51")


@pytest.mark.parametrize(
    ("resources", "cpu", "memory"),
    [
        ({}, 0.1, 0.125),
        ({"requests": {"cpu": 2}}, 2, 0.125),
        ({"requests": {"memory": "1Gi"}}, 0.1, 1),
        ({"limits": {"cpu": "500m", "memory": "3072Mi"}}, 0.5, 3),
        ({"requests": {"memory": "0.5Gi"}, "limits": {"memory": "1Gi"}}, 0.1, 0.5),
        ({"requests": {"cpu": "100m", "memory": "1G"}}, 0.1, 10**9 / 2**30),
    ],
)
def test_what_the_spec_leaves_out_is_what_the_operator_and_the_api_server_fill_in(
    resources: dict[str, Any], cpu: float, memory: float
) -> None:
    assert asked(**resources) == (cpu, memory)


def test_under_autoscaling_the_bounds_are_low_and_high_and_half_way_is_expected() -> None:
    told = estimate(data_service(autoscaling=SCALED, replicas=9), TABLE)
    assert numbers(told) == (2, 4.5, 7)
    assert "half-way" in told.needs.pods.basis


@pytest.mark.parametrize(("running", "expected"), [(3, 3), (0, 2), (9, 7)])
def test_of_pods_that_run_their_number_is_expected_within_the_bounds(running: int, expected: int) -> None:
    told = estimate(data_service(autoscaling=SCALED), TABLE, running=running)
    assert numbers(told) == (2, expected, 7)
    assert "status.replicas" in told.needs.pods.basis


def test_without_autoscaling_the_spec_counts_and_not_what_a_roll_adds() -> None:
    told = estimate(data_service(replicas=2), TABLE, running=3)
    assert (numbers(told), told.needs.pods.basis) == ((2, 2, 2), "spec.replicas")


def test_an_embedded_database_costs_its_volume_also_when_it_is_stopped() -> None:
    stopped = estimate(data_service(**EMBEDDED, replicas=0), TABLE)
    assert (float(stopped.needs.disk), costs(stopped)) == (1.5, ("0.3", "0.3", "0.3"))
    running = estimate(data_service(**EMBEDDED, replicas=1), TABLE)
    assert costs(running) == ("1.42", "1.42", "1.42"), "100 hours of 0.1 vCPU and 0.125 GiB, 1.5 GiB of disk"


def test_each_price_of_the_table_has_its_own_sum() -> None:
    dear = CENTS.model_copy(update={"name": "b", "vcpu_hour": Decimal(1)})
    told = estimate(data_service(replicas=1), PriceTable(hoursPerMonth=Decimal(100), prices=(CENTS, dear)))
    assert [(cost.price.name, str(cost.low)) for cost in told.costs] == [("a", "1.12"), ("b", "10.12")]
