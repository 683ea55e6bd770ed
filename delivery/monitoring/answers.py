"""What a Prometheus answered to a dashboard's queries."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from delivery.monitoring.dashboard import Dashboard, Panel, Query, asked

_SCRAPES: Final = 4
"""So many intervals make Grafana's `$__rate_interval`."""


@dataclass(frozen=True)
class Span:
    """From, to and step, in seconds."""

    start: float
    end: float
    step: float

    @property
    def seconds(self) -> float:
        return self.end - self.start

    def instants(self) -> list[float]:
        """Seconds since the start, at which there may be a point."""
        return [round(number * self.step, 3) for number in range(int(self.seconds / self.step) + 1)]


@dataclass(frozen=True)
class Line:
    legend: str
    points: tuple[tuple[float, float], ...]
    """Seconds since the start of the span, and value; none where there was no value."""


@dataclass(frozen=True)
class Answers:
    span: Span
    lines: dict[str, tuple[Line, ...]]
    """By the title of the panel."""


Ask = Callable[[str, Span], list[dict[str, Any]]]
"""Prometheus's `query_range`: for each series its labels as `metric`, and its `values`."""


def gather(dashboard: Dashboard, span: Span, ask: Ask) -> Answers:
    """Ask what Grafana would ask to show this span."""
    interval = f"{_SCRAPES * span.step:g}s"

    def answered(query: Query) -> list[Line]:
        series = ask(asked(query.expression, dashboard, interval), span)
        return [_line(query, each, span) for each in series]

    def lines(panel: Panel) -> tuple[Line, ...]:
        return tuple(line for query in panel.queries for line in answered(query))

    return Answers(span, {panel.title: lines(panel) for panel in dashboard.panels()})


def _line(query: Query, series: dict[str, Any], span: Span) -> Line:
    legend = query.legend
    for label, value in series["metric"].items():
        legend = legend.replace(f"{{{{{label}}}}}", value)
    points = ((round(at - span.start, 3), float(value)) for at, value in series["values"])
    return Line(legend, tuple(point for point in points if math.isfinite(point[1])))


def dumped(answers: dict[str, Answers]) -> bytes:
    return msgspec.json.encode(answers)


def loaded(text: bytes) -> dict[str, Answers]:
    return msgspec.json.decode(text, type=dict[str, Answers])
