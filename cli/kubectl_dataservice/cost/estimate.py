"""The estimate: pure, from a DataService and a table of prices.

What is reckoned is what is asked for: a scheduler keeps requests free whether they are used or not. Limits, a pod more
while a roll goes on, nodes that stand half empty, network, load balancers and the database itself are not in it.
"""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render.quantity import amount
from dataservice_operator.render.resources import resources
from kubectl_dataservice.cost.prices import Price, PriceTable

_GIB: Final = 1024**3


@dataclass(frozen=True)
class Pods:
    """How many there are at least, as is expected, and at most."""

    low: Fraction
    expected: Fraction
    high: Fraction
    basis: str
    """What is expected, in words."""


@dataclass(frozen=True)
class Needs:
    """What a DataService asks of a cluster."""

    cpu: Fraction
    """Cores of each pod."""
    memory: Fraction
    """GiB of each pod."""
    disk: Fraction
    """GiB in all."""
    pods: Pods


@dataclass(frozen=True)
class Cost:
    """Of a month, in the currency of the price."""

    price: Price
    low: Decimal
    expected: Decimal
    high: Decimal


@dataclass(frozen=True)
class Estimate:
    namespace: str
    name: str
    needs: Needs
    costs: tuple[Cost, ...]
    """One for each price of the table."""


def estimate(parent: DataService, table: PriceTable, *, running: int | None = None) -> Estimate:
    """What it costs in a month; `running` are the pods that exist, where that is known.

    Raises:
        ValueError: a quantity of the spec is none.
    """
    asked = _needs(parent, running)
    hours = Fraction(table.hours_per_month)
    costs = tuple(_cost(asked, price, hours) for price in table.prices)
    return Estimate(parent.metadata.namespace, parent.metadata.name, asked, costs)


def _needs(parent: DataService, running: int | None) -> Needs:
    wanted = resources(parent.spec.resources)
    memory = wanted["requests"].get("memory") or wanted["limits"]["memory"]  # as the API server fills it in
    embedded = parent.spec.database.embedded
    return Needs(
        cpu=amount(wanted["requests"]["cpu"]),
        memory=amount(memory) / _GIB,
        disk=amount(embedded.size) / _GIB if embedded else Fraction(0),
        pods=_pods(parent, running),
    )


def _pods(parent: DataService, running: int | None) -> Pods:
    autoscaling = parent.spec.autoscaling
    if autoscaling is None:
        fixed = Fraction(parent.spec.replicas)
        return Pods(fixed, fixed, fixed, "spec.replicas")
    low, high = Fraction(autoscaling.min_replicas), Fraction(autoscaling.max_replicas)
    if running is None:
        return Pods(low, (low + high) / 2, high, "half-way between minReplicas and maxReplicas")
    return Pods(low, min(max(Fraction(running), low), high), high, "status.replicas: the pods of now")


def _cost(asked: Needs, price: Price, hours: Fraction) -> Cost:
    pod = hours * (asked.cpu * Fraction(price.vcpu_hour) + asked.memory * Fraction(price.gib_hour))
    disk = asked.disk * Fraction(price.disk_gib_month)
    low, expected, high = (
        _money(pod * pods + disk) for pods in (asked.pods.low, asked.pods.expected, asked.pods.high)
    )
    return Cost(price, low, expected, high)


def _money(exact: Fraction) -> Decimal:
    return Decimal(round(exact * 100)) / 100
