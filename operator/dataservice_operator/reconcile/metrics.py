"""What the operator counts of itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """Metrics of one operator, in a registry of its own so that two can live in one process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.reconciles = Histogram(
            "dataservice_operator_reconcile_seconds",
            "Duration of a reconcile, by its result.",
            ["result"],
            registry=self.registry,
            buckets=(0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
        )
        self.writes = Counter(
            "dataservice_operator_writes",
            "Writes to the API server.",
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
            "How long the first of them has waited.",
            registry=self.registry,
        )
        self.watch_age = Gauge(
            "dataservice_operator_watch_silence_seconds",
            "How long a watch has said nothing.",
            ["resource"],
            registry=self.registry,
        )
        self.leading = Gauge(
            "dataservice_operator_leading", "1 on the replica that holds the lease.", registry=self.registry
        )
        self.resources = Gauge(
            "dataservice_operator_resources",
            "DataServices, by their state: new, reconciling, ready, or stalled, which needs someone's help.",
            ["state"],
            registry=self.registry,
        )
