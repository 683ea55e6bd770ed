"""The page on Kubernetes names each metric of the operator, and no other."""

import re
from pathlib import Path

from dataservice_operator.reconcile.metrics import Metrics

PAGE = Path(__file__).resolve().parents[2] / "docs/design/kubernetes.md"


def test_each_metric_stands_in_the_table_with_its_labels() -> None:
    documented = {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(
            r"^\| `(dataservice_operator_\w+)` \| (.*?)\|", PAGE.read_text(), re.MULTILINE
        )
    }
    assert documented == {
        family.name + ("_total" if family.type == "counter" else ""): set(_labels(family.name))
        for family in Metrics().registry.collect()
    }


def _labels(name: str) -> tuple[str, ...]:
    metrics = vars(Metrics()).values()
    return next(tuple(metric._labelnames) for metric in metrics if getattr(metric, "_name", "") == name)
