"""The reference page: every metric, from the programs' own registries, and every alert."""

from collections.abc import Iterator
from itertools import chain

from prometheus_client import CollectorRegistry
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric

from dataservice.services.metrics import Metrics as ServiceMetrics
from dataservice_operator.reconcile.metrics import Metrics as OperatorMetrics
from delivery.monitoring.operator_rules import OPERATOR_RULES
from delivery.monitoring.rules import Alert, Record
from delivery.monitoring.service_rules import SERVICE_RULES

_INTRODUCTION = """\
# Metrics and alerts

What operator and service count of themselves, and when that calls for somebody. How to have it collected and shown is
in [Monitoring](../monitoring.md).
"""
_OPERATOR = (
    "On the port `metrics` (9090) of the operator's pods. Both replicas answer; the leader alone reconciles."
)
_SERVICE = "On the port `admin` (9090) of a DataService's pods."
_ALERTS = "`for` is how long it must be so before the alert fires. All are in `k8s/monitoring/rules.yaml`."
_RECORDS = "Recorded for the alerts on the error budget, and for dashboards of your own:"


def reference() -> str:
    groups = (OPERATOR_RULES, SERVICE_RULES)
    alerts = chain.from_iterable(group.alerts() for group in groups)
    records = [rule for group in groups for rule in group.rules if isinstance(rule, Record)]
    return "\n".join(
        [
            _INTRODUCTION,
            f"## Metrics of the operator\n\n{_OPERATOR}\n\n{_table(OperatorMetrics().registry)}",
            f"## Metrics of the service\n\n{_SERVICE}\n\n{_table(ServiceMetrics().registry)}",
            f"## Alerts\n\n{_ALERTS}\n",
            *(_alert(alert) for alert in alerts),
            f"## Recorded series\n\n{_RECORDS}\n",
            *(f"- `{record.name}`" for record in records),
            "",
        ]
    )


def _table(registry: CollectorRegistry) -> str:
    rows = sorted(_row(family, labels) for family, labels in families(registry))
    return "\n".join(["| metric | type | labels | what it says |", "|---|---|---|---|", *rows, ""])


def _row(family: Metric, labels: tuple[str, ...]) -> str:
    shown = ", ".join(f"`{label}`" for label in labels)
    return f"| `{exposed(family)}` | {family.type} | {shown} | {family.documentation} |"


def exposed(family: Metric) -> str:
    """The name as a query has it."""
    return f"{family.name}_total" if family.type == "counter" else family.name


def families(registry: CollectorRegistry) -> Iterator[tuple[Metric, tuple[str, ...]]]:
    """Every metric of a registry with the names of its labels, which the library keeps to itself."""
    for collector in registry._collector_to_names:  # noqa: SLF001
        if isinstance(collector, MetricWrapperBase):
            [family] = collector.describe()
            yield family, tuple(collector._labelnames)  # noqa: SLF001
        else:
            for family in collector.collect():
                yield family, tuple(getattr(family, "_labelnames", ()))


def _alert(alert: Alert) -> str:
    return (
        f"### {alert.name}\n\n{alert.summary} Severity `{alert.severity}`, for `{alert.lasts}`:\n\n"
        f"```promql\n{alert.expression}\n```\n\n{alert.remedy}\n"
    )
