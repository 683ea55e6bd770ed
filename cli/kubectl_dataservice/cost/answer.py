"""How estimates are told: as lines and a table for people, as one value for programs."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

from kubectl_dataservice.cost.estimate import Cost, Estimate
from kubectl_dataservice.cost.prices import PriceTable

HEAD: Final = ("A MONTH", "PRICES", "LOW", "EXPECTED", "HIGH", "CURRENCY")


def summary(each: Estimate) -> Iterator[str]:
    """What is reckoned with, in lines."""
    asked, pods = each.needs, each.needs.pods
    fixed = pods.low == pods.high
    how_many = _number(pods.low) if fixed else f"{_number(pods.low)} to {_number(pods.high)}"
    expected = pods.basis if fixed else f"expected {_number(pods.expected)}, {pods.basis}"
    yield f"{each.namespace}/{each.name}"
    yield f"  pods: {how_many} ({expected})"
    yield f"  each: {_number(asked.cpu)} vCPU and {_number(asked.memory)} GiB of memory, as requested"
    if asked.disk:
        yield f"  volume: {_number(asked.disk)} GiB"


def rows(estimates: Sequence[Estimate]) -> Iterator[tuple[str, ...]]:
    """A line for each DataService and price, and where there are several their sum for each price."""
    for each in estimates:
        for cost in each.costs:
            yield _row(f"{each.namespace}/{each.name}", cost, (cost.low, cost.expected, cost.high))
    if len(estimates) > 1:
        for same in zip(*(each.costs for each in estimates), strict=True):
            low, expected, high = (
                sum(getattr(c, bound) for c in same) for bound in ("low", "expected", "high")
            )
            yield _row("all", same[0], (low, expected, high))


def _row(what: str, cost: Cost, amounts: tuple[Decimal, Decimal, Decimal]) -> tuple[str, ...]:
    return (what, cost.price.name, *(f"{amount:.2f}" for amount in amounts), cost.price.currency)


def value(estimates: Sequence[Estimate], prices: PriceTable) -> dict[str, Any]:
    return {
        "hoursPerMonth": float(prices.hours_per_month),
        "dataServices": [_value(each) for each in estimates],
    }


def _value(each: Estimate) -> dict[str, Any]:
    asked, pods = each.needs, each.needs.pods
    return {
        "namespace": each.namespace,
        "name": each.name,
        "pods": {
            "low": float(pods.low),
            "expected": float(pods.expected),
            "high": float(pods.high),
            "basis": pods.basis,
        },
        "pod": {"vcpu": float(asked.cpu), "memoryGiB": float(asked.memory)},
        "volumeGiB": float(asked.disk),
        "costs": [_cost(cost) for cost in each.costs],
    }


def _cost(cost: Cost) -> dict[str, Any]:
    return {
        "prices": cost.price.name,
        "asOf": cost.price.as_of,
        "source": cost.price.source,
        "currency": cost.price.currency,
        "low": float(cost.low),
        "expected": float(cost.expected),
        "high": float(cost.high),
    }


def _number(exact: Fraction) -> str:
    return f"{float(exact):.3f}".rstrip("0").rstrip(".")
