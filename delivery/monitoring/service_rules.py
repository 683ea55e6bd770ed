"""When the pods of a DataService call for somebody."""

from typing import Final

from delivery.monitoring.rules import Alert, Group, Record, Severity
from delivery.monitoring.service import FAILED, OBJECTIVE, SLOW_SECONDS, STREAMS

_BY: Final = "by (namespace, dataservice)"
_WINDOWS: Final = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
_NO_STREAM: Final = f'{{route!~"{STREAMS}"}}'
_SLOW_OPERATION: Final = 0.5


def _ratio(window: str) -> str:
    return f"namespace_dataservice:dataservice_http_requests:failed_ratio_rate{window}"


def _recorded(window: str) -> Record:
    of_all = f"sum {_BY} (rate(dataservice_http_requests_total[{window}]))"
    failed = f"sum {_BY} (rate(dataservice_http_requests_total{{{FAILED}}}[{window}]))"
    return Record(_ratio(window), f"({failed} or 0 * {of_all}) / {of_all}")


def _burns(times: float, long: str, short: str) -> str:
    """The budget goes `times` as fast as it may, for a while (long) and still (short)."""
    limit = f"{times:g} * {1 - OBJECTIVE:g}"
    return f"({_ratio(long)} > {limit} and {_ratio(short)} > {limit})"


def _quantile(histogram: str, by: str, condition: str = "") -> str:
    return (
        f"histogram_quantile(0.99, sum by (le, namespace, dataservice{by}) "
        f"(rate({histogram}_bucket{condition}[5m])))"
    )


_BURN: Final = (
    "{{ $labels.namespace }}/{{ $labels.dataservice }} fails "
    "{{ $value | humanizePercentage }} of its requests."
)
_BURN_REMEDY: Final = (
    "The dashboard's `Problems by code` says which: `store-unavailable` is the database, `overloaded` too few "
    "pods, `internal` a defect, which the log has under the request's id."
)

SERVICE_RULES: Final = Group(
    "dataservice-service",
    (
        *(_recorded(window) for window in _WINDOWS),
        Alert(
            "DataServiceErrorBudgetBurnsFast",
            f"{_burns(14.4, '1h', '5m')}\nor {_burns(6, '6h', '30m')}",
            "2m",
            Severity.CRITICAL,
            "A DataService fails so many requests that its error budget is gone within days.",
            _BURN,
            _BURN_REMEDY,
        ),
        Alert(
            "DataServiceErrorBudgetBurns",
            f"{_burns(3, '1d', '2h')}\nor {_burns(1, '3d', '6h')}",
            "15m",
            Severity.WARNING,
            "A DataService fails more requests than its error budget allows.",
            _BURN,
            _BURN_REMEDY,
        ),
        Alert(
            "DataServiceSlow",
            f"{_quantile('dataservice_http_request_duration_seconds', '', _NO_STREAM)} > {SLOW_SECONDS}",
            "10m",
            Severity.WARNING,
            "A DataService answers slowly.",
            "One in a hundred requests to {{ $labels.namespace }}/{{ $labels.dataservice }} takes over "
            "{{ $value | humanizeDuration }}.",
            "Compare with `Latency of operations`: if the store is slow, see DataServiceStoreSlow; else the pods "
            "have too little CPU: raise `resources` or the replicas.",
        ),
        Alert(
            "DataServiceStoreUnreachable",
            f"max {_BY} (dataservice_store_up) == 0",
            "1m",
            Severity.CRITICAL,
            "No pod of a DataService reaches its database.",
            "The store of {{ $labels.namespace }}/{{ $labels.dataservice }} answers none of its pods: every "
            "request is answered with 503.",
            "The condition DatabaseReachable has the pods' words: see whether the database runs, whether its "
            "password was changed, and whether a NetworkPolicy lets the pods out to it.",
        ),
        Alert(
            "DataServiceStoreSlow",
            f"{_quantile('dataservice_store_operation_duration_seconds', ', operation')} > {_SLOW_OPERATION}",
            "10m",
            Severity.WARNING,
            "The database of a DataService is slow.",
            "One in a hundred operations `{{ $labels.operation }}` of {{ $labels.namespace }}/"
            "{{ $labels.dataservice }} takes over {{ $value | humanizeDuration }}.",
            "A `page` or `count` that is slow alone wants an index for the filters that clients use; if all are "
            "slow, the database has too little of something.",
        ),
        Alert(
            "DataServiceOverloaded",
            f'sum {_BY} (rate(dataservice_http_problems_total{{code="overloaded"}}[5m])) '
            f"/ sum {_BY} (rate(dataservice_http_requests_total[5m])) > 0.01",
            "5m",
            Severity.WARNING,
            "A DataService refuses requests because too many come at once.",
            "{{ $labels.namespace }}/{{ $labels.dataservice }} refuses {{ $value | humanizePercentage }} of its "
            "requests as overloaded.",
            "Raise `autoscaling.maxReplicas` or `replicas`. If latency rose first, see DataServiceSlow: slow "
            "answers fill the pods.",
        ),
        Alert(
            "DataServicePodNotReady",
            "min by (namespace, dataservice, pod) (dataservice_ready) == 0",
            "10m",
            Severity.WARNING,
            "A pod of a DataService is not ready.",
            "{{ $labels.namespace }}/{{ $labels.pod }} has said no to its readiness probes for ten minutes.",
            "The DataService's condition Ready has the pod's reason and message.",
        ),
        Alert(
            "DataServicePodDown",
            'up{dataservice!=""} == 0',
            "5m",
            Severity.WARNING,
            "A pod of a DataService does not answer Prometheus.",
            "{{ $labels.namespace }}/{{ $labels.pod }} has not been scraped for five minutes.",
            "It crashes (`kubectl describe pod ...` shows its last words), is starved of CPU, or a NetworkPolicy keeps "
            "Prometheus out: `DATASERVICE_OPERATOR_MONITORING_NAMESPACE` names the namespace that is let in.",
        ),
    ),
)
