"""What is shown of the operator."""

from typing import Final

from delivery.monitoring.dashboard import (
    INTERVAL,
    Colour,
    Dashboard,
    Kind,
    Panel,
    Query,
    Row,
    Step,
    Unit,
    Variable,
    bad_from,
    good_from,
)

_HERE: Final = 'namespace=~"$namespace"'
_LEADS: Final = f"and on (namespace, pod) (dataservice_operator_leading{{{_HERE}}} == 1)"
"""The other replica follows everything as well, and lets its queue wait: only the leader's tells of work."""

_IS_OPERATOR: Final = f"and on (namespace, pod) dataservice_operator_leading{{{_HERE}}}"
_READY: Final = ', state="ready"'
_STALLED: Final = ', state="stalled"'


def _of_states(condition: str) -> str:
    return f"sum(max by (namespace, state) (dataservice_operator_resources{{{_HERE}{condition}}}))"


def _quantile(of: float) -> Query:
    rate = f"rate(dataservice_operator_reconcile_seconds_bucket{{{_HERE}}}[{INTERVAL}])"
    return Query(f"histogram_quantile({of:g}, sum by (le) ({rate}))", f"p{of * 100:g}")


_STATE: Final = Row(
    "State",
    (
        Panel(
            "Leaders",
            "Replicas that hold the Lease: 1, but for the seconds of a change.",
            Unit.COUNT,
            (Query(f"sum(dataservice_operator_leading{{{_HERE}}})", "leaders"),),
            Kind.NUMBER,
            steps=(*good_from(1), Step(2, Colour.BAD)),
        ),
        Panel(
            "DataServices",
            "How many the operator knows.",
            Unit.COUNT,
            (Query(_of_states(""), "DataServices"),),
            Kind.NUMBER,
        ),
        Panel(
            "Ready",
            "Which part of them is Ready.",
            Unit.RATIO,
            (Query(f"{_of_states(_READY)} / {_of_states('')}", "ready"),),
            Kind.NUMBER,
            steps=good_from(1, below=Colour.DOUBTFUL),
        ),
        Panel(
            "Stalled",
            "Those that someone has to look at.",
            Unit.COUNT,
            (Query(_of_states(_STALLED), "stalled"),),
            Kind.NUMBER,
            steps=bad_from(1),
        ),
    ),
)
_RESOURCES: Final = Row(
    "DataServices",
    (
        Panel(
            "By state",
            "What their status says. New: no operator has acted on it yet.",
            Unit.COUNT,
            (
                Query(
                    f"sum by (state) (max by (namespace, state) (dataservice_operator_resources{{{_HERE}}}))",
                    "{{state}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Not ready, and why",
            "Each that is reconciling or stalled, with the reason of its condition Ready.",
            Unit.COUNT,
            (
                Query(
                    "max by (dataservice_namespace, dataservice, reason) "
                    f"(dataservice_operator_not_ready{{{_HERE}}})",
                    "{{dataservice_namespace}}/{{dataservice}}: {{reason}}",
                ),
            ),
            stacked=True,
        ),
        Panel(
            "Leading replica",
            "1 for the replica that holds the Lease.",
            Unit.COUNT,
            (Query(f"max by (pod) (dataservice_operator_leading{{{_HERE}}})", "{{pod}}"),),
        ),
    ),
)
_WORK: Final = Row(
    "Work",
    (
        Panel(
            "Reconciles",
            "By result: ok, retry where something is waited for or was changed meanwhile, error.",
            Unit.OPERATIONS,
            (
                Query(
                    "sum by (result) "
                    f"(rate(dataservice_operator_reconcile_seconds_count{{{_HERE}}}[{INTERVAL}]))",
                    "{{result}}",
                ),
            ),
        ),
        Panel(
            "Duration of a reconcile",
            "Over all results.",
            Unit.SECONDS,
            (_quantile(0.5), _quantile(0.9), _quantile(0.99)),
        ),
        Panel(
            "Queue",
            "DataServices that wait for a worker of the leader.",
            Unit.COUNT,
            (Query(f"dataservice_operator_queue_depth{{{_HERE}}} {_LEADS}", "{{pod}}"),),
        ),
        Panel(
            "Oldest in the queue",
            "How long the first of them has waited. Over 300 s the replica is restarted.",
            Unit.SECONDS,
            (Query(f"dataservice_operator_queue_oldest_seconds{{{_HERE}}} {_LEADS}", "{{pod}}"),),
        ),
    ),
)
_WRITES: Final = Row(
    "Requests to the API server",
    (
        Panel(
            "Writes",
            "At rest there is none.",
            Unit.OPERATIONS,
            (
                Query(
                    f"sum by (kind, verb) (rate(dataservice_operator_writes_total{{{_HERE}}}[{INTERVAL}]))",
                    "{{verb}} {{kind}}",
                ),
            ),
        ),
        Panel(
            "Repairs",
            "Writes that undid what others did to a child. If they go on, somebody else applies the same field.",
            Unit.OPERATIONS,
            (
                Query(
                    f"sum by (kind) (rate(dataservice_operator_repairs_total{{{_HERE}}}[{INTERVAL}]))",
                    "{{kind}}",
                ),
            ),
        ),
        Panel(
            "Silence of watches",
            "How long each watch has said nothing, not even a bookmark. At 70 s it is opened anew.",
            Unit.SECONDS,
            (
                Query(
                    f"max by (resource) (dataservice_operator_watch_silence_seconds{{{_HERE}}})",
                    "{{resource}}",
                ),
            ),
        ),
    ),
)
_PROCESS: Final = Row(
    "Process",
    (
        Panel(
            "Memory",
            "Resident, by replica.",
            Unit.BYTES,
            (Query(f"process_resident_memory_bytes{{{_HERE}}} {_IS_OPERATOR}", "{{pod}}"),),
        ),
        Panel(
            "CPU",
            "Cores, by replica.",
            Unit.COUNT,
            (
                Query(
                    f"rate(process_cpu_seconds_total{{{_HERE}}}[{INTERVAL}]) {_IS_OPERATOR}",
                    "{{pod}}",
                ),
            ),
        ),
    ),
)

OPERATOR: Final = Dashboard(
    uid="dataservice-operator",
    title="DataService / Operator",
    description="Whether the operator keeps the DataServices as they are asked for, and which it cannot.",
    variables=(
        Variable(
            "namespace", "Operator's namespace", "label_values(dataservice_operator_leading, namespace)"
        ),
    ),
    rows=(_STATE, _RESOURCES, _WORK, _WRITES, _PROCESS),
)
