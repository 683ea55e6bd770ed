"""Dashboards as Grafana's JSON model."""

import json
from collections.abc import Iterator
from typing import Any, Final

from delivery.monitoring.dashboard import COLUMNS, Dashboard, Kind, Panel, Row, Unit, Variable

SCHEMA_VERSION: Final = 41
"""Of Grafana 11.6; a newer Grafana brings it up to date as it reads it."""

_SOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}
_HEIGHTS: Final = {Kind.LINES: 8, Kind.NUMBER: 4}
_ROW_HEIGHT: Final = 1
_WIDEST: Final = 3
"""Panels of lines beside each other."""


def dashboard_json(dashboard: Dashboard) -> str:
    return json.dumps(model(dashboard), indent=2) + "\n"


def model(dashboard: Dashboard) -> dict[str, Any]:
    panels = [{"id": number, **panel} for number, panel in enumerate(_laid_out(dashboard), 1)]
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["dataservice"],
        "schemaVersion": SCHEMA_VERSION,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [_DATASOURCE, *(_variable(each) for each in dashboard.variables)]},
        "panels": panels,
    }


_DATASOURCE: Final = {
    "name": "datasource",
    "label": "Prometheus",
    "type": "datasource",
    "query": "prometheus",
}


def _variable(variable: Variable) -> dict[str, Any]:
    return {
        "name": variable.name,
        "label": variable.label,
        "type": "query",
        "datasource": _SOURCE,
        "definition": variable.values,
        "query": {"query": variable.values, "refId": variable.name},
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".+",
        "current": {"text": "All", "value": "$__all"},
    }


def _laid_out(dashboard: Dashboard) -> Iterator[dict[str, Any]]:
    top = 0
    for row in dashboard.rows:
        yield {
            "type": "row",
            "title": row.title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": top, "w": COLUMNS, "h": _ROW_HEIGHT},
        }
        top += _ROW_HEIGHT
        for line in lines(row):
            height = _HEIGHTS[line[0].kind]
            width = COLUMNS // len(line)
            for place, panel in enumerate(line):
                yield _panel(panel, {"x": place * width, "y": top, "w": width, "h": height})
            top += height


def lines(row: Row) -> list[tuple[Panel, ...]]:
    """The panels of a row as they stand beside each other."""
    if row.panels[0].kind is Kind.NUMBER:
        return [row.panels]
    count = -(-len(row.panels) // _WIDEST)
    size = -(-len(row.panels) // count)
    return [row.panels[start : start + size] for start in range(0, len(row.panels), size)]


def _panel(panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    return {
        "type": str(panel.kind),
        "title": panel.title,
        "description": panel.description,
        "gridPos": place,
        "datasource": _SOURCE,
        "fieldConfig": {"defaults": {"unit": str(panel.unit), "min": 0, **_look(panel)}, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _SOURCE,
                "expr": query.expression,
                "legendFormat": query.legend,
            }
            for number, query in enumerate(panel.queries)
        ],
    }


_OPTIONS: Final[dict[Kind, dict[str, Any]]] = {
    Kind.LINES: {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    Kind.NUMBER: {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}},
}


def _look(panel: Panel) -> dict[str, Any]:
    """How lines are drawn, and numbers coloured: without steps of their own they are red from 80 on. A share is at most
    1, and is shown with the digits that an objective has.
    """
    decimals = {"decimals": 2} if panel.unit is Unit.RATIO else {}
    if panel.kind is Kind.NUMBER:
        steps = [{"color": str(step.colour), "value": step.start} for step in panel.steps]
        return {
            **decimals,
            "color": {"mode": "thresholds"},
            "thresholds": {"mode": "absolute", "steps": steps},
        }
    stacking = {"stacking": {"mode": "normal"}} if panel.stacked else {}
    return {**decimals, "custom": {"lineWidth": 1, "fillOpacity": 60 if panel.stacked else 10, **stacking}}
