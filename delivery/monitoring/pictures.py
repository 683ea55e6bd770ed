"""Pictures of a dashboard's panels, as Grafana lays them out, from what a Prometheus answered.

Each carries the hash of the queries that it shows the answers to.
"""

import hashlib
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

from delivery.diagrams import KEYWORD, drawn_from
from delivery.monitoring.answers import Answers, Line
from delivery.monitoring.dashboard import Dashboard, Kind, Panel, Row, Unit
from delivery.monitoring.grafana import lines as beside_each_other

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs/monitoring"

_INCHES: Final = 10.0
_HEIGHTS: Final = {Kind.LINES: 2.35, Kind.NUMBER: 1.0}
_TITLE: Final = 0.3
_DOTS: Final = 144
_MOST_NAMED: Final = 8
"""Lines that are named below a panel: there is no room for more."""

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


def picture(folder: Path, name: str) -> Path:
    return folder / f"{name}.png"


def shown(dashboard: Dashboard) -> str:
    """A hash of the panels and their queries."""
    return hashlib.sha256(repr(dashboard.rows).encode()).hexdigest()


def stale(folder: Path, dashboards: dict[str, Dashboard]) -> list[Path]:
    """The pictures that are missing, or show other panels or queries than there are now."""
    return [
        picture(folder, name)
        for name, dashboard in dashboards.items()
        if drawn_from(picture(folder, name)) != shown(dashboard).encode()
    ]


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
        figure.savefig(path, dpi=_DOTS, metadata={KEYWORD.decode(): shown(dashboard)})


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
    points = [line.points for line in answers.lines[panel.title]]
    known = [value for _, value in points[0] if not math.isnan(value)] if points else []
    axes.set_axis_off()
    axes.set_title(panel.title)
    text = _text(panel.unit, known[-1]) if known else "no data"
    axes.text(0, 0.55, text, fontsize=20, color="#2a9d55", va="center", transform=axes.transAxes)


def _draw_lines(axes: Axes, panel: Panel, answers: Answers) -> None:
    lines = answers.lines[panel.title]
    if panel.stacked:
        _stack(axes, lines, answers)
    else:
        for line in lines:
            axes.plot(*_columns(line), label=line.legend)
    axes.set_title(panel.title)
    axes.set_xlim(0, answers.span.end - answers.span.start)
    axes.set_ylim(bottom=0, top=None if _highest(lines) > 0 else 1)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: _text(panel.unit, value)))
    axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda seconds, _: f"{seconds / 60:g} min"))
    axes.xaxis.set_major_locator(MultipleLocator(60))
    _name(axes)


def _stack(axes: Axes, lines: tuple[Line, ...], answers: Answers) -> None:
    """One upon the other; where a series has no point there is nothing of it."""
    instants = [
        at * answers.span.step
        for at in range(int((answers.span.end - answers.span.start) / answers.span.step) + 1)
    ]
    values = [[dict(line.points).get(at, 0.0) for at in instants] for line in lines]
    if values:
        axes.stackplot(instants, values, labels=[line.legend for line in lines], alpha=0.65)


def _columns(line: Line) -> tuple[list[float], list[float]]:
    return [at for at, _ in line.points], [value for _, value in line.points]


def _highest(lines: tuple[Line, ...]) -> float:
    return max((value for line in lines for value in _columns(line)[1] if not math.isnan(value)), default=0)


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
