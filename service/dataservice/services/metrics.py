"""Prometheus metrics of one app; nothing is global, so that two apps can live in one process."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from dataservice import __version__

# From an answer out of memory to the time limit of a store that is away.
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_GROUPS = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "dataservice_http_requests",
            "Answered requests; a path that is not served is unmatched, status 499 a client that went away.",
            ["route", "method", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "dataservice_http_request_duration_seconds",
            "From the head of a request to the end of its answer.",
            ["route", "method"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.in_flight = 0
        """Of the event loop alone: a gauge's own count is guarded by a lock."""
        in_flight = Gauge(
            "dataservice_http_requests_in_flight", "Requests being answered.", registry=self.registry
        )
        in_flight.set_function(lambda: self.in_flight)
        self._cut = Counter(
            "dataservice_http_connections_cut",
            "Connections ended below the routes, by a problem's code, or answer-not-taken.",
            ["cause"],
            registry=self.registry,
        )
        self._problems = Counter(
            "dataservice_http_problems",
            "Refusals and failures, by the code of the answer.",
            ["code"],
            registry=self.registry,
        )
        self._auth_failures = Counter(
            "dataservice_auth_failures",
            "Requests that were not let in: missing, invalid, scope, key-set.",
            ["reason"],
            registry=self.registry,
        )
        self._store_seconds = Histogram(
            "dataservice_store_operation_duration_seconds",
            "From an operation of the store to its result, or its refusal.",
            ["operation"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._store_failures = Counter(
            "dataservice_store_failures",
            "Operations that the store did not answer, or not within 10 s: each is a 503 store-unavailable.",
            ["operation"],
            registry=self.registry,
        )
        self._group_size = Histogram(
            "dataservice_store_group_size",
            "Writes that shared a commit (SQLite) or a command (MongoDB).",
            buckets=_GROUPS,
            registry=self.registry,
        )
        self._store_up = Gauge(
            "dataservice_store_up", "Whether the store answered its last ping.", registry=self.registry
        )
        self._ready = Gauge(
            "dataservice_ready",
            "Whether the last readiness probe was answered with yes.",
            registry=self.registry,
        )
        # labels() costs more than all else that is done with a metric.
        self._children: dict[tuple[str, str, int], tuple[Counter, Histogram]] = {}
        self._operations: dict[str, Histogram] = {}
        build = Gauge("dataservice_build_info", "The running version.", ["version"], registry=self.registry)
        build.labels(__version__).set(1)
        ProcessCollector(registry=self.registry)

    def request_answered(self, route: str, method: str, status: int, seconds: float) -> None:
        key = (route, method, status)
        children = self._children.get(key)
        if children is None:
            children = (
                self._requests.labels(route, method, str(status)),
                self._seconds.labels(route, method),
            )
            self._children[key] = children
        children[0].inc()
        children[1].observe(seconds)

    def problem_told(self, code: str) -> None:
        self._problems.labels(code).inc()

    def not_let_in(self, reason: str) -> None:
        self._auth_failures.labels(reason).inc()

    def store_answered(self, operation: str, seconds: float) -> None:
        histogram = self._operations.get(operation)
        if histogram is None:
            histogram = self._operations[operation] = self._store_seconds.labels(operation)
        histogram.observe(seconds)

    def store_failed(self, operation: str) -> None:
        self._store_failures.labels(operation).inc()

    def group_written(self, size: int) -> None:
        """May be called by any thread."""
        self._group_size.observe(size)

    def connection_cut(self, cause: str) -> None:
        self._cut.labels(cause).inc()

    def store_pinged(self, answered: bool) -> None:  # noqa: FBT001 - the callback of Readiness
        self._store_up.set(answered)

    def readiness_told(self, ready: bool) -> None:  # noqa: FBT001 - it is the whole message
        self._ready.set(ready)
