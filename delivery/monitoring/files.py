"""k8s/monitoring: rules and dashboards as files, and the page that explains them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from delivery.monitoring.grafana import dashboard_json
from delivery.monitoring.operator import OPERATOR
from delivery.monitoring.operator_rules import OPERATOR_RULES
from delivery.monitoring.reference import reference
from delivery.monitoring.rules import prometheus_rule, rule_file
from delivery.monitoring.service import SERVICE
from delivery.monitoring.service_rules import SERVICE_RULES
from delivery.written import dumped, header

FOLDER: Final = Path("k8s/monitoring")
SOURCES: Final = "delivery/monitoring"
DASHBOARDS: Final = {"operator": OPERATOR, "service": SERVICE}
GROUPS: Final = (OPERATOR_RULES, SERVICE_RULES)


def files() -> Mapping[Path, str]:
    first = f"# {header(SOURCES)}\n"
    return {
        FOLDER / "rules.yaml": first + dumped(prometheus_rule(GROUPS)),
        FOLDER / "prometheus/rules.yaml": first + dumped(rule_file(GROUPS)),
        **{
            FOLDER / f"dashboards/{name}.json": dashboard_json(dashboard)
            for name, dashboard in DASHBOARDS.items()
        },
        Path("docs/reference/monitoring.md"): f"<!-- {header(SOURCES)} -->\n{reference()}",
    }
