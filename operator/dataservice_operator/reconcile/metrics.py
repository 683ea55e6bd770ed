"""What the operator counts of itself."""

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

NOT_READY_LABELS: Final = ("dataservice_namespace", "dataservice", "state", "reason")
_NOT_READY: Final = "dataservice_operator_not_ready"
_SAMPLE: Final = _NOT_READY + "{{" + ",".join(f'{label}="{{}}"' for label in NOT_READY_LABELS) + "}} 1.0\n"


class NotReady(Collector):
    """Which DataServices are not ready: read when it is asked for, so that one that is well or gone leaves nothing.

    The library takes 18 us for a sample, and nothing else is done meanwhile: 0.2 s where 10,000 are not ready. So it
    has the family's name and labels, and the samples are written here.
    """

    def __init__(self) -> None:
        self._look: Callable[[], Iterable[tuple[str, ...]]] = tuple

    def set_function(self, look: Callable[[], Iterable[tuple[str, ...]]]) -> None:
        """`look` returns the labels' values for each of them."""
        self._look = look

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The family without its samples."""
        yield GaugeMetricFamily(
            _NOT_READY,
            "1 for each DataService that is reconciling or stalled, with the reason of its condition Ready.",
            labels=NOT_READY_LABELS,
        )

    def samples(self) -> str:
        """In the text format
        (https://prometheus.io/docs/instrumenting/exposition_formats/#text-based-format).
        """
        return "".join([_SAMPLE.format(*map(_escaped, values)) for values in self._look()])


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
        ProcessCollector(registry=self.registry)
        self.not_ready = NotReady()
        self.registry.register(self.not_ready)  # the last, so that its samples can follow

    def exposition(self) -> bytes:
        """What a scrape is answered with."""
        return generate_latest(self.registry) + self.not_ready.samples().encode()


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace("\n", r"\n").replace('"', r"\"")
