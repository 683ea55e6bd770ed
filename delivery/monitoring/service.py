"""What is shown of the pods of DataServices."""

from typing import Final

from delivery.monitoring.dashboard import (
    INTERVAL,
    Dashboard,
    Kind,
    Panel,
    Query,
    Row,
    Unit,
    Variable,
    bad_from,
    good_from,
)

_HERE: Final = 'namespace=~"$namespace", dataservice=~"$dataservice"'
STREAMS: Final = "/data:.+"
"""Routes whose answers last as long as there is something to send: their times say nothing."""

OBJECTIVE: Final = 0.999
"""The share of requests that are to be answered without 5xx, over thirty days."""

SLOW_SECONDS: Final = 1
"""What one in a hundred requests may take."""

FAILED: Final = 'status=~"5..", status!="501"'
"""What counts against the objective. 501 is the answer of a store that cannot tell of changes."""


def _rate(metric: str, by: str = "", condition: str = "") -> str:
    grouped = f"sum by ({by})" if by else "sum"
    return f"{grouped} (rate({metric}{{{_HERE}{condition}}}[{INTERVAL}]))"


def _quantile(of: float, histogram: str, by: str = "", condition: str = "") -> str:
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({of:g}, {_rate(f'{histogram}_bucket', labels, condition)})"


_REQUESTS: Final = "dataservice_http_requests_total"
_LATENCY: Final = "dataservice_http_request_duration_seconds"
_OPERATIONS: Final = "dataservice_store_operation_duration_seconds"
_NO_STREAM: Final = f', route!~"{STREAMS}"'
_FAILED_SHARE: Final = f"({_rate(_REQUESTS, condition=f', {FAILED}')} or vector(0)) / {_rate(_REQUESTS)}"

_SUMMARY: Final = Row(
    "Summary",
    (
        Panel(
            "Requests",
            "Answered in a second, by all pods.",
            Unit.REQUESTS,
            (Query(_rate(_REQUESTS), "requests"),),
            Kind.NUMBER,
        ),
        Panel(
            "Failed",
            "The share of answers with a status of 5xx, but for 501.",
            Unit.RATIO,
            (Query(_FAILED_SHARE, "failed"),),
            Kind.NUMBER,
            steps=bad_from(round(1 - OBJECTIVE, 6)),
        ),
        Panel(
            "Latency, p99",
            "Without streams: import, export and watch.",
            Unit.SECONDS,
            (Query(_quantile(0.99, _LATENCY, condition=_NO_STREAM), "p99"),),
            Kind.NUMBER,
            steps=bad_from(SLOW_SECONDS),
        ),
        Panel(
            "Ready pods",
            "Those that said yes to their last readiness probe.",
            Unit.COUNT,
            (Query(f"sum(dataservice_ready{{{_HERE}}})", "ready"),),
            Kind.NUMBER,
            steps=good_from(1),
        ),
    ),
)
_RED: Final = Row(
    "Requests",
    (
        Panel(
            "Rate by route",
            "Answered requests.",
            Unit.REQUESTS,
            (Query(_rate(_REQUESTS, "method, route"), "{{method}} {{route}}"),),
        ),
        Panel(
            "Rate by status",
            "499 is a client that went away.",
            Unit.REQUESTS,
            (Query(_rate(_REQUESTS, "status"), "{{status}}"),),
        ),
        Panel(
            "Share of failures",
            "Answers with 5xx, but for 501. The objective is one in a thousand.",
            Unit.RATIO,
            (Query(_FAILED_SHARE, "failed"),),
        ),
        Panel(
            "Latency",
            "From the head of a request to the end of its answer, without streams.",
            Unit.SECONDS,
            tuple(
                Query(_quantile(of, _LATENCY, condition=_NO_STREAM), f"p{of * 100:g}")
                for of in (0.5, 0.9, 0.99)
            ),
        ),
        Panel(
            "Latency by route, p99",
            "Without streams.",
            Unit.SECONDS,
            (Query(_quantile(0.99, _LATENCY, "method, route", _NO_STREAM), "{{method}} {{route}}"),),
        ),
        Panel(
            "In flight",
            "Requests being answered, by pod. At most 512 by default; more are refused as overloaded.",
            Unit.COUNT,
            (Query(f"dataservice_http_requests_in_flight{{{_HERE}}}", "{{pod}}"),),
        ),
    ),
)
_REFUSED: Final = Row(
    "Refused",
    (
        Panel(
            "Problems by code",
            "Refusals and failures, by the code of the answer.",
            Unit.REQUESTS,
            (Query(_rate("dataservice_http_problems_total", "code"), "{{code}}"),),
        ),
        Panel(
            "Not let in",
            "By what was wrong with the credentials.",
            Unit.REQUESTS,
            (Query(_rate("dataservice_auth_failures_total", "reason"), "{{reason}}"),),
        ),
        Panel(
            "Connections cut",
            "Ended below the routes: what is no HTTP, comes too slowly, or is not taken.",
            Unit.OPERATIONS,
            (Query(_rate("dataservice_http_connections_cut_total", "cause"), "{{cause}}"),),
        ),
    ),
)
_STORE: Final = Row(
    "Store",
    (
        Panel(
            "Operations",
            "What is asked of the store.",
            Unit.OPERATIONS,
            (Query(_rate(f"{_OPERATIONS}_count", "operation"), "{{operation}}"),),
        ),
        Panel(
            "Latency of operations, p99",
            "From an operation to its result, or its refusal.",
            Unit.SECONDS,
            (Query(_quantile(0.99, _OPERATIONS, "operation"), "{{operation}}"),),
        ),
        Panel(
            "Failures",
            "Not answered, or not within 10 s: each is a 503 to the client.",
            Unit.OPERATIONS,
            (Query(_rate("dataservice_store_failures_total", "operation"), "{{operation}}"),),
        ),
        Panel(
            "Store reachable",
            "Whether it answered the last ping, by pod.",
            Unit.COUNT,
            (Query(f"dataservice_store_up{{{_HERE}}}", "{{pod}}"),),
        ),
        Panel(
            "Writes that share a commit",
            "On average: above 1 under load only.",
            Unit.COUNT,
            (
                Query(
                    f"{_rate('dataservice_store_group_size_sum')} / {_rate('dataservice_store_group_size_count')}",
                    "writes",
                ),
            ),
        ),
    ),
)
_PODS: Final = Row(
    "Pods",
    (
        Panel(
            "Ready",
            "Whether the pod said yes to its last readiness probe.",
            Unit.COUNT,
            (Query(f"dataservice_ready{{{_HERE}}}", "{{pod}}"),),
        ),
        Panel(
            "Memory",
            "Resident, by pod.",
            Unit.BYTES,
            (Query(f"process_resident_memory_bytes{{{_HERE}}}", "{{pod}}"),),
        ),
        Panel(
            "CPU",
            "Cores, by pod.",
            Unit.COUNT,
            (Query(_rate("process_cpu_seconds_total", "pod"), "{{pod}}"),),
        ),
    ),
)

SERVICE: Final = Dashboard(
    uid="dataservice-service",
    title="DataService / Service",
    description="How the pods of a DataService answer, and how their store answers them.",
    variables=(
        Variable("namespace", "Namespace", "label_values(dataservice_build_info, namespace)"),
        Variable(
            "dataservice",
            "DataService",
            'label_values(dataservice_build_info{namespace=~"$namespace"}, dataservice)',
        ),
    ),
    rows=(_SUMMARY, _RED, _REFUSED, _STORE, _PODS),
)
