"""A dashboard as a value: rows of panels, each with the queries that it asks a Prometheus."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

INTERVAL: Final = "$__rate_interval"
"""Grafana's variable: a window that holds enough scrapes for a rate."""

COLUMNS: Final = 24
"""The width of Grafana's grid."""


class Unit(StrEnum):
    """By Grafana's names."""

    COUNT = "short"
    SECONDS = "s"
    REQUESTS = "reqps"
    OPERATIONS = "ops"
    RATIO = "percentunit"
    BYTES = "bytes"


class Kind(StrEnum):
    """By Grafana's names."""

    LINES = "timeseries"
    NUMBER = "stat"


class Colour(StrEnum):
    """By Grafana's names: of a number that says nothing by itself, and of one that is as it should be, or is not."""

    PLAIN = "text"
    GOOD = "green"
    DOUBTFUL = "orange"
    BAD = "red"


@dataclass(frozen=True)
class Step:
    """From where on a number has a colour; None is the least of all."""

    start: float | None
    colour: Colour


PLAIN: Final = (Step(None, Colour.PLAIN),)


def bad_from(value: float) -> tuple[Step, ...]:
    return (Step(None, Colour.GOOD), Step(value, Colour.BAD))


def good_from(value: float, below: Colour = Colour.BAD) -> tuple[Step, ...]:
    return (Step(None, below), Step(value, Colour.GOOD))


@dataclass(frozen=True)
class Query:
    expression: str
    legend: str
    """With a label in double braces, such as `{{pod}}`."""


@dataclass(frozen=True)
class Panel:
    title: str
    description: str
    unit: Unit
    queries: tuple[Query, ...]
    kind: Kind = Kind.LINES
    stacked: bool = False
    steps: tuple[Step, ...] = field(default=PLAIN, repr=False)
    """Of a number's colour, upwards. Not of what a picture shows (`shown.digest`), but of how."""

    def colour(self, value: float) -> Colour:
        return [step.colour for step in self.steps if step.start is None or value >= step.start][-1]


@dataclass(frozen=True)
class Row:
    """Panels beside each other, of one width."""

    title: str
    panels: tuple[Panel, ...]


@dataclass(frozen=True)
class Variable:
    """What a reader chooses. Queries use it as `$name`; by default it is everything."""

    name: str
    label: str
    values: str
    """Grafana's `label_values(metric, label)`."""


@dataclass(frozen=True)
class Dashboard:
    uid: str
    title: str
    description: str
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]

    def panels(self) -> tuple[Panel, ...]:
        return tuple(panel for row in self.rows for panel in row.panels)


def asked(expression: str, dashboard: Dashboard, interval: str) -> str:
    """The expression as Grafana sends it while every variable is at its default, `All`."""
    for variable in dashboard.variables:
        expression = expression.replace(f"${variable.name}", ".+")
    return expression.replace(INTERVAL, interval)
