"""The page on the API names each metric of the service, and no other."""

import re
from pathlib import Path

from dataservice.services.metrics import Metrics

PAGE = Path(__file__).resolve().parents[3] / "docs/design/api.md"


def test_each_metric_stands_in_the_table_with_its_labels() -> None:
    documented = {
        name: set(re.findall(r"`(\w+)`", labels))
        for name, labels in re.findall(r"^\| `(dataservice_\w+)` \| (.*?)\|", PAGE.read_text(), re.MULTILINE)
    }
    assert documented == {
        family.name + ("_total" if family.type == "counter" else ""): set(_labels(family.name))
        for family in Metrics().registry.collect()
        if not family.name.startswith("process_")
    }


def _labels(name: str) -> tuple[str, ...]:
    metrics = [*vars(Metrics()).values(), *Metrics().registry._collector_to_names]
    return next(tuple(metric._labelnames) for metric in metrics if getattr(metric, "_name", "") == name)
