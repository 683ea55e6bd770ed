"""What the operator counts of itself."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

NOT_READY_LABELS: Final = ("dataservice_namespace", "dataservice", "state", "reason")


class NotReady(Collector):
    """Which DataServices are not ready: read when it is asked for, so that one that is well or gone leaves nothing."""

    def __init__(self) -> None:
        self._look: Callable[[], Iterable[tuple[str, ...]]] = tuple

    def set_function(self, look: Callable[[], Iterable[tuple[str, ...]]]) -> None:
        """`look` returns the labels' values for each of them."""
        self._look = look

    def collect(self) -> Iterator[GaugeMetricFamily]:
        family = GaugeMetricFamily(
            "dataservice_operator_not_ready",
            "1 for each DataService that is reconciling or stalled, with the reason of its condition Ready.",
            labels=NOT_READY_LABELS,
        )
        for values in self._look():
            family.add_metric(values, 1)
        yield family


class Metrics:
    """Metrics of one operator, in a registry of its own so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reconciles = Histogram(
            "dataservice_operator_reconcile_seconds",
            "Duration of a reconcile, by its result: ok, retry or error.",
            ["result"],
            registry=self.registry,
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.writes = Counter(
            "dataservice_operator_writes",
            "Writes to the API server; at rest it stands still.",
            ["kind", "verb"],
            registry=self.registry,
        )
        self.repairs = Counter(
            "dataservice_operator_repairs",
            "Writes that undid what others did to a child.",
            ["kind"],
            registry=self.registry,
        )
        self.queue_depth = Gauge(
            "dataservice_operator_queue_depth", "DataServices that wait for a worker.", registry=self.registry
        )
        self.queue_age = Gauge(
            "dataservice_operator_queue_oldest_seconds",
            "How long the first of them has waited; over 300 the leader is not alive.",
            registry=self.registry,
        )
        self.watch_age = Gauge(
            "dataservice_operator_watch_silence_seconds",
            "How long a watch has said nothing, not even a bookmark.",
            ["resource"],
            registry=self.registry,
        )
        self.leading = Gauge(
            "dataservice_operator_leading", "1 on the replica that holds the Lease.", registry=self.registry
        )
        self.resources = Gauge(
            "dataservice_operator_resources",
            "DataServices, by their state: new, reconciling, ready, or stalled, which needs someone's help.",
            ["state"],
            registry=self.registry,
        )
        self.not_ready = NotReady()
        self.registry.register(self.not_ready)
        ProcessCollector(registry=self.registry)
