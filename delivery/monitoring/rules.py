"""Rules for a Prometheus as values: what it is to record, and when it is to call somebody."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

DOCUMENTS: Final = "https://github.com/dataservice-dev/dataservice/blob/main/docs"
PAGE: Final = f"{DOCUMENTS}/reference/monitoring.md"


class Severity(StrEnum):
    CRITICAL = "critical"
    """Somebody is called now: clients are failed, or soon will be."""

    WARNING = "warning"
    """Somebody looks in working hours."""


@dataclass(frozen=True)
class Record:
    name: str
    expression: str

    def rule(self) -> dict[str, Any]:
        return {"record": self.name, "expr": self.expression}


@dataclass(frozen=True)
class Alert:
    name: str
    expression: str
    lasts: str
    """How long it must be so before it fires."""

    severity: Severity
    summary: str
    description: str
    """For the one who is called: what is seen, with labels and values of the series in double braces."""

    remedy: str
    """What to do, for the page."""

    runbook: str = ""
    """Where it is told what to do; the alert's own lines on the page if not given."""

    def rule(self) -> dict[str, Any]:
        return {
            "alert": self.name,
            "expr": self.expression,
            "for": self.lasts,
            "labels": {"severity": str(self.severity)},
            "annotations": {
                "summary": self.summary,
                "description": self.description,
                "runbook_url": self.runbook or f"{PAGE}#{self.name.lower()}",
            },
        }


@dataclass(frozen=True)
class Group:
    name: str
    rules: tuple[Record | Alert, ...]

    def alerts(self) -> tuple[Alert, ...]:
        return tuple(rule for rule in self.rules if isinstance(rule, Alert))


def rule_file(groups: tuple[Group, ...]) -> dict[str, Any]:
    """What Prometheus reads, and the spec of a PrometheusRule."""
    return {
        "groups": [{"name": group.name, "rules": [rule.rule() for rule in group.rules]} for group in groups]
    }


def prometheus_rule(groups: tuple[Group, ...]) -> dict[str, Any]:
    """The same for the Prometheus operator."""
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": {"name": "dataservice"},
        "spec": rule_file(groups),
    }
