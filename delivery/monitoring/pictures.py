"""Pictures of a dashboard's panels, as Grafana lays them out, from what a Prometheus answered."""

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import matplotlib as mpl
from cycler import cycler
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.ticker import (
    EngFormatter,
    FuncFormatter,
    MaxNLocator,
    MultipleLocator,
)

from delivery.diagrams import KEYWORD
from delivery.monitoring.answers import Answers, Line, Span
from delivery.monitoring.dashboard import Colour, Dashboard, Kind, Panel, Row, Unit
from delivery.monitoring.grafana import lines as beside_each_other
from delivery.monitoring.shown import digest

_INCHES: Final = 10.0
_HEIGHTS: Final = {Kind.LINES: 2.35, Kind.NUMBER: 1.0}
_TITLE: Final = 0.3
_DOTS: Final = 120
_MOST_NAMED: Final = 8
"""Lines that are named below a panel: there is no room for more."""

_COLOURS: Final = {
    Colour.PLAIN: "#24292f",
    Colour.GOOD: "#2a9d55",
    Colour.DOUBTFUL: "#e8710a",
    Colour.BAD: "#c9372c",
}
_SECONDS: Final = EngFormatter("s")
_BYTES: Final = EngFormatter("B")

_STYLE: Final[dict[Any, Any]] = {
    "font.family": "DejaVu Sans",
    "font.size": 7.5,
    "axes.edgecolor": "#c8ccd2",
    "axes.titlesize": 8.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.labelcolor": "#57606a",
    "grid.color": "#eceef1",
    "lines.linewidth": 1.2,
    "xtick.color": "#57606a",
    "ytick.color": "#57606a",
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.fontsize": 6.5,
    "legend.frameon": False,
    "axes.prop_cycle": cycler(
        color=["#1f77b4", "#e8710a", "#2a9d55", "#c9372c", "#7a5cc0", "#8c6239", "#d660a9", "#6b7280"]
    ),
}


def draw(dashboard: Dashboard, answers: Answers, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with mpl.rc_context(_STYLE):
        heights = [
            _TITLE + sum(_HEIGHTS[line[0].kind] for line in beside_each_other(row)) for row in dashboard.rows
        ]
        figure = Figure(figsize=(_INCHES, sum(heights)), layout="constrained", facecolor="white")
        parts = figure.subfigures(len(heights), 1, height_ratios=heights, squeeze=False)
        for part, row in zip(parts.flat, dashboard.rows, strict=True):
            _draw_row(part, row, answers)
        figure.savefig(
            path, dpi=_DOTS, metadata={KEYWORD.decode(): digest(dashboard)}, pil_kwargs={"optimize": True}
        )


def _draw_row(part: SubFigure, row: Row, answers: Answers) -> None:
    part.suptitle(row.title, x=0.004, ha="left", fontsize=9.5, fontweight="bold", color="#1f6feb")
    shelves = beside_each_other(row)
    heights = [_HEIGHTS[shelf[0].kind] for shelf in shelves]
    shelf_parts = part.subfigures(len(shelves), 1, height_ratios=heights, squeeze=False)
    for shelf_part, shelf in zip(shelf_parts.flat, shelves, strict=True):
        for axes, panel in zip(shelf_part.subplots(1, len(shelf), squeeze=False).flat, shelf, strict=True):
            drawing = _draw_number if panel.kind is Kind.NUMBER else _draw_lines
            drawing(axes, panel, answers)


def _draw_number(axes: Axes, panel: Panel, answers: Answers) -> None:
    """The last value, as Grafana shows it."""
    known = [value for line in answers.lines[panel.title] for _, value in line.points]
    axes.set_axis_off()
    axes.set_title(panel.title)
    text = _text(panel.unit, known[-1]) if known else "no data"
    colour = _COLOURS[panel.colour(known[-1]) if known else Colour.PLAIN]
    axes.text(0, 0.55, text, fontsize=20, color=colour, va="center", transform=axes.transAxes)


def _draw_lines(axes: Axes, panel: Panel, answers: Answers) -> None:
    lines, span = answers.lines[panel.title], answers.span
    if panel.stacked and lines:
        values = [_values(line, span, absent=0) for line in lines]
        axes.stackplot(span.instants(), values, labels=[line.legend for line in lines], alpha=0.65)
    for line in () if panel.stacked else lines:
        axes.plot(span.instants(), _values(line, span, absent=math.nan), label=line.legend)
    if not lines:
        axes.text(0.5, 0.5, "none in this time", color="#8b949e", ha="center", transform=axes.transAxes)
    axes.set_title(panel.title)
    axes.set_xlim(0, span.seconds)
    axes.set_ylim(bottom=0, top=None if _highest(lines) > 0 else 1)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _text(panel.unit, value)))
    axes.yaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds / 60:g} min"))
    axes.xaxis.set_major_locator(MultipleLocator(60))
    _name(axes)


def _values(line: Line, span: Span, absent: float) -> list[float]:
    points = dict(line.points)
    return [points.get(at, absent) for at in span.instants()]


def _highest(lines: tuple[Line, ...]) -> float:
    return max((value for line in lines for _, value in line.points), default=0)


def _name(axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    named = list(_first_of_each(handles, labels))[:_MOST_NAMED]
    if named:
        longest = max(len(label) for _, label in named)
        axes.legend(
            *zip(*named, strict=True),
            loc="upper left",
            bbox_to_anchor=(-0.02, -0.13),
            ncols=max(1, min(len(named), 60 // (longest + 5))),
            borderpad=0,
            handlelength=1.2,
            columnspacing=1.2,
        )


def _first_of_each(handles: list[Any], labels: list[str]) -> Iterator[tuple[Any, str]]:
    seen: set[str] = set()
    for handle, label in zip(handles, labels, strict=True):
        if label not in seen:
            seen.add(label)
            yield handle, label


def _text(unit: Unit, value: float) -> str:
    match unit:
        case Unit.RATIO:
            return f"{100 * value:.3g} %"
        case Unit.SECONDS:
            return _SECONDS.format_data(float(f"{value:.3g}"))
        case Unit.BYTES:
            return _BYTES.format_data(float(f"{value:.3g}"))
        case Unit.REQUESTS | Unit.OPERATIONS:
            return f"{value:.3g}/s"
        case Unit.COUNT:
            return f"{value:.3g}"
