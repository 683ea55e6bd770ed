"""The dashboards as Grafana reads them."""

import json
import re
from itertools import combinations
from typing import Any

import pytest
import yaml

from delivery.generate import ROOT
from delivery.monitoring.dashboard import COLUMNS, Colour, Dashboard, Kind
from delivery.monitoring.files import DASHBOARDS, FOLDER
from delivery.monitoring.grafana import model
from tests.cluster import golang
from tests.support.tools import output, tool

EACH = pytest.mark.parametrize("dashboard", DASHBOARDS.values(), ids=DASHBOARDS)


def _cells(panel: dict[str, Any]) -> set[tuple[int, int]]:
    place = panel["gridPos"]
    return {
        (x, y)
        for x in range(place["x"], place["x"] + place["w"])
        for y in range(place["y"], place["y"] + place["h"])
    }


@EACH
def test_no_panel_covers_another_or_leaves_the_grid(dashboard: Dashboard) -> None:
    cells = [_cells(panel) for panel in model(dashboard)["panels"]]
    assert not [pair for pair in combinations(cells, 2) if pair[0] & pair[1]]
    assert {x for covered in cells for x, _ in covered} == set(range(COLUMNS))


@EACH
def test_each_panel_has_a_number_of_its_own_a_unit_and_a_sentence(dashboard: Dashboard) -> None:
    panels = model(dashboard)["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    for panel in panels:
        if panel["type"] != "row":
            assert panel["description"].endswith(".")
            assert panel["fieldConfig"]["defaults"]["unit"]
        if panel["type"] == "stat":
            assert panel["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["value"] is None


@pytest.mark.parametrize(
    ("title", "value", "colour"),
    [
        ("Requests", 1000, Colour.PLAIN),
        ("Failed", 0.0009, Colour.GOOD),
        ("Failed", 0.001, Colour.BAD),
        ("Latency, p99", 0.9, Colour.GOOD),
        ("Latency, p99", 1, Colour.BAD),
        ("Ready pods", 0, Colour.BAD),
        ("Ready pods", 100, Colour.GOOD),
        ("Leaders", 0, Colour.BAD),
        ("Leaders", 1, Colour.GOOD),
        ("Leaders", 2, Colour.BAD),
        ("DataServices", 1000, Colour.PLAIN),
        ("Ready", 0.99, Colour.DOUBTFUL),
        ("Ready", 1, Colour.GOOD),
        ("Stalled", 0, Colour.GOOD),
        ("Stalled", 1, Colour.BAD),
    ],
)
def test_a_number_has_the_colour_of_how_it_is(title: str, value: float, colour: Colour) -> None:
    numbers = {
        panel.title: panel
        for dashboard in DASHBOARDS.values()
        for panel in dashboard.panels()
        if panel.kind is Kind.NUMBER
    }
    assert numbers[title].colour(value) is colour


@EACH
def test_each_query_keeps_to_what_the_reader_has_chosen(dashboard: Dashboard) -> None:
    chosen = {variable.name for variable in dashboard.variables}
    for panel in dashboard.panels():
        for query in panel.queries:
            used = set(re.findall(r"\$(\w+)", query.expression)) - {"__rate_interval"}
            assert used == chosen, panel.title


@pytest.mark.tools
def test_grafana_finds_them_in_a_config_map_by_its_label() -> None:
    tool("promtool")  # kubectl is built with the clusters, and so where the tools are
    shown = yaml.safe_load_all(output(golang.binary("kubectl"), "kustomize", ROOT / FOLDER))
    [config_map] = [manifest for manifest in shown if manifest["kind"] == "ConfigMap"]
    assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
    found = {json.loads(text)["uid"] for text in config_map["data"].values()}
    assert found == {dashboard.uid for dashboard in DASHBOARDS.values()}
