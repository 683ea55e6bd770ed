"""The figures as a table for the terminal and as the published page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from statistics import mean, median
from typing import Final

from benchmarks.operator.changes import EDITS
from benchmarks.operator.client import IN_FLIGHT
from benchmarks.operator.phases import Floor, Rival, Start, Warm
from benchmarks.operator.workload import PER_NAMESPACE
from benchmarks.provenance import provenance
from tests.cluster import versions


@dataclass(frozen=True)
class Result:
    """One run of one size."""

    size: int
    floors: tuple[Floor, Floor, Floor]
    """Before the cold start, between it and the hot creation, and after all that is done with the resources then.

    A machine's speed drifts within minutes: each start is judged by the floors on both sides of it.
    """

    cold: Start
    warm: Warm
    rival: Rival | None = None


def _floor_of_cold(result: Result) -> float:
    return mean(floor.children_seconds for floor in result.floors[:2])


def _floor_of_hot(result: Result) -> float:
    return _children_beside_hot(result) + mean(floor.resources_seconds for floor in result.floors[1:])


def _children_beside_hot(result: Result) -> float:
    return mean(floor.children_seconds for floor in result.floors[1:])


def _cold_ratio(result: Result) -> float:
    return result.cold.seconds / _floor_of_cold(result)


def _hot_ratio(result: Result) -> float:
    return result.warm.hot.seconds / _floor_of_hot(result)


def _edit_ratio(result: Result) -> float:
    warm = result.warm
    return warm.edit.percentile_after_answer(50) / warm.floor_of_edit.percentile_after_answer(50)


def _drift_ratio(result: Result) -> float:
    return result.warm.drift.percentile(50) / result.warm.floor_of_drift.percentile(50)


def _rival(result: Result) -> Rival:
    assert result.rival is not None, "kro was not measured"
    return result.rival


def _rival_by_edit(result: Result) -> float:
    return _rival(result).edit.percentile_after_answer(50) / result.warm.edit.percentile_after_answer(50)


def _rival_by_drift(result: Result) -> float:
    return _rival(result).drift.percentile(50) / result.warm.drift.percentile(50)


@dataclass(frozen=True)
class Row:
    """One figure; of several runs the median counts."""

    label: str
    value: Callable[[Result], float]
    form: str = "{:.2f}"

    def cells(self, results: Sequence[Sequence[Result]]) -> list[str]:
        return [self.form.format(figure) for figure in self._figures(results)]

    def _figures(self, results: Sequence[Sequence[Result]]) -> list[float]:
        return [median(self.value(run) for run in runs) for runs in results]


@dataclass(frozen=True)
class Spread(Row):
    """The least and the most of several runs; of one run there is none."""

    def cells(self, results: Sequence[Sequence[Result]]) -> list[str]:
        figures = [[self.value(run) for run in runs] for runs in results]
        return [
            f"{self.form.format(min(each))}-{self.form.format(max(each))}" if len(each) > 1 else "-"
            for each in figures
        ]


@dataclass(frozen=True)
class OfRival(Row):
    """A figure of the runs in which kro was measured too; where there are none it is not told."""

    def cells(self, results: Sequence[Sequence[Result]]) -> list[str]:
        return [
            super(OfRival, self).cells([measured])[0] if measured else "-"
            for measured in ([run for run in runs if run.rival] for runs in results)
        ]


class SpreadOfRival(OfRival, Spread):
    """The least and the most of a figure for which kro was measured too."""


@dataclass(frozen=True)
class Growth(Row):
    """How many times what it is of the size before."""

    def cells(self, results: Sequence[Sequence[Result]]) -> list[str]:
        steps = pairwise(self._figures(results))
        return ["-", *(self.form.format(larger / smaller) for smaller, larger in steps)]


Section = tuple[str, tuple[Row, ...]]

_SECTIONS: Final[tuple[Section, ...]] = (
    (
        "From nothing to true",
        (
            Row("floor: children and a status each, s", _floor_of_cold),
            Row("floor, the DataServices themselves included, s", _floor_of_hot),
            Row("cold start, s", lambda r: r.cold.seconds),
            Row("**cold start / floor**", _cold_ratio, "**{:.2f}**"),
            Spread("cold start / floor, least and most", _cold_ratio),
            Row("hot creation, s", lambda r: r.warm.hot.seconds),
            Row("**hot creation / floor with DataServices**", _hot_ratio, "**{:.2f}**"),
            Spread("hot creation / floor, least and most", _hot_ratio),
            Row(
                "hot creation / floor of the children", lambda r: r.warm.hot.seconds / _children_beside_hot(r)
            ),
            Row("writes for each DataService (cold)", lambda r: r.cold.writes / r.size),
            Row("reads for each DataService (cold)", lambda r: r.cold.reads / r.size),
        ),
    ),
    (
        "One change at a time",
        (
            Row(
                "edit accepted, to child, p50, ms",
                lambda r: r.warm.edit.percentile_after_answer(50),
                "{:.1f}",
            ),
            Row(
                "edit accepted, to child, p95, ms",
                lambda r: r.warm.edit.percentile_after_answer(95),
                "{:.1f}",
            ),
            Row(
                "floor of an edit, accepted, p50, ms",
                lambda r: r.warm.floor_of_edit.percentile_after_answer(50),
                "{:.1f}",
            ),
            Row(
                "floor of an edit, accepted, p95, ms",
                lambda r: r.warm.floor_of_edit.percentile_after_answer(95),
                "{:.1f}",
            ),
            Row("**edit / floor, accepted, p50**", _edit_ratio, "**{:.2f}**"),
            Spread("edit / floor, least and most", _edit_ratio),
            Row("edit sent, to child, p50, ms", lambda r: r.warm.edit.percentile(50), "{:.1f}"),
            Row("edit sent, to child, p95, ms", lambda r: r.warm.edit.percentile(95), "{:.1f}"),
            Row(
                "in it the API server's own time for its two writes, mean, ms",
                lambda r: r.warm.edit.server_milliseconds,
                "{:.1f}",
            ),
            Row("drift repaired, p50, ms", lambda r: r.warm.drift.percentile(50), "{:.1f}"),
            Row("drift repaired, p95, ms", lambda r: r.warm.drift.percentile(95), "{:.1f}"),
            Row("floor of a repair, p50, ms", lambda r: r.warm.floor_of_drift.percentile(50), "{:.1f}"),
            Row("floor of a repair, p95, ms", lambda r: r.warm.floor_of_drift.percentile(95), "{:.1f}"),
            Row("**drift / floor, p50**", _drift_ratio, "**{:.2f}**"),
            Spread("drift / floor, least and most", _drift_ratio),
            Row("writes for each edit", lambda r: r.warm.edit.writes / EDITS),
            Row("reads for each edit", lambda r: r.warm.edit.reads / EDITS),
            Row("writes for each repair", lambda r: r.warm.drift.writes / EDITS),
            Row("reads for each repair", lambda r: r.warm.drift.reads / EDITS),
        ),
    ),
    (
        "Beside kro",
        (
            OfRival("kro: hot creation, s", lambda r: _rival(r).hot.seconds),
            OfRival(
                "kro: hot creation / floor of the children",
                lambda r: _rival(r).hot.seconds / _children_beside_hot(r),
            ),
            OfRival(
                "kro: edit accepted, to child, p50, ms",
                lambda r: _rival(r).edit.percentile_after_answer(50),
                "{:.1f}",
            ),
            OfRival(
                "kro: edit accepted, to child, p95, ms",
                lambda r: _rival(r).edit.percentile_after_answer(95),
                "{:.1f}",
            ),
            OfRival("**kro / operator, an edit's p50**", _rival_by_edit, "**{:.1f}**"),
            SpreadOfRival("kro / operator, an edit's p50, least and most", _rival_by_edit, "{:.1f}"),
            OfRival("kro: drift repaired, p50, ms", lambda r: _rival(r).drift.percentile(50), "{:.1f}"),
            OfRival("kro: drift repaired, p95, ms", lambda r: _rival(r).drift.percentile(95), "{:.1f}"),
            OfRival("**kro / operator, a repair's p50**", _rival_by_drift, "**{:.1f}**"),
            SpreadOfRival("kro / operator, a repair's p50, least and most", _rival_by_drift, "{:.1f}"),
            OfRival("kro: writes for each edit", lambda r: _rival(r).edit.writes / EDITS),
            OfRival("kro: reads for each edit", lambda r: _rival(r).edit.reads / EDITS),
            OfRival(
                "kro: CPU of hot creation, start included, s",
                lambda r: _rival(r).hot.cost.cpu_seconds,
                "{:.1f}",
            ),
            OfRival("kro: peak RSS, MB", lambda r: _rival(r).cost.peak_megabytes, "{:.1f}"),
        ),
    ),
    (
        "At rest, over two resyncs of every DataService",
        (
            Row("seconds", lambda r: r.warm.rest.seconds, "{:.0f}"),
            Row("writes", lambda r: r.warm.rest.writes, "{:.0f}"),
            Row("reads, but for the next line", lambda r: r.warm.rest.reads, "{:.0f}"),
            Row("pages of the resyncs' own lists", lambda r: r.warm.rest.lists_of_resources, "{:.0f}"),
            Row(
                "CPU for each DataService and resync, ms",
                lambda r: r.warm.rest.cpu_seconds / r.size / 2 * 1000,
            ),
        ),
    ),
    (
        "What it costs",
        (
            Row("CPU of a cold start, s", lambda r: r.cold.cost.cpu_seconds, "{:.1f}"),
            Row("CPU of hot creation, start included, s", lambda r: r.warm.hot.cost.cpu_seconds, "{:.1f}"),
            Row("peak RSS of a cold start, MB", lambda r: r.cold.cost.peak_megabytes, "{:.1f}"),
            Row("peak RSS of all other phases, MB", lambda r: r.warm.peak_megabytes, "{:.1f}"),
        ),
    ),
    (
        "How it grows: each size beside the one before",
        (
            Growth("DataServices", lambda r: r.size, "{:.1f}"),
            Growth("CPU of a cold start", lambda r: r.cold.cost.cpu_seconds, "{:.1f}"),
            Growth("CPU of hot creation", lambda r: r.warm.hot.cost.cpu_seconds, "{:.1f}"),
            Growth("CPU at rest, for all in one resync", lambda r: r.warm.rest.cpu_seconds, "{:.1f}"),
            Growth("cold start, in time", lambda r: r.cold.seconds, "{:.1f}"),
            Growth("hot creation, in time", lambda r: r.warm.hot.seconds, "{:.1f}"),
            Growth("floor, in time", _floor_of_cold, "{:.1f}"),
        ),
    ),
)


def in_a_line(result: Result) -> str:
    """What one run found, as soon as it is known."""
    cold, warm = result.cold, result.warm
    return (
        f"floor {_floor_of_cold(result):.2f} s, cold {cold.seconds:.2f} s, "
        f"floor with DataServices {_floor_of_hot(result):.2f} s, hot {warm.hot.seconds:.2f} s, "
        f"edit {warm.edit.percentile_after_answer(50):.1f}/{warm.edit.percentile_after_answer(95):.1f} ms "
        f"({_edit_ratio(result):.2f} of its floor), "
        f"drift {warm.drift.percentile(50):.1f}/{warm.drift.percentile(95):.1f} ms "
        f"({_drift_ratio(result):.2f}), "
        f"at rest {warm.rest.writes} writes, peak {warm.peak_megabytes:.0f} MB" + _rival_in_a_line(result)
    )


def _rival_in_a_line(result: Result) -> str:
    if result.rival is None:
        return ""
    edit, drift = result.rival.edit, result.rival.drift
    return (
        f"; kro: hot {result.rival.hot.seconds:.2f} s, "
        f"edit {edit.percentile_after_answer(50):.1f}/{edit.percentile_after_answer(95):.1f} ms, "
        f"drift {drift.percentile(50):.1f}/{drift.percentile(95):.1f} ms"
    )


def as_text(results: Sequence[Sequence[Result]]) -> str:
    width = max(len(_plain(row.label)) for _, rows in _SECTIONS for row in rows)
    lines = [f"{'DataServices':{width}}" + "".join(f"{runs[0].size:>12,}" for runs in results)]
    for title, rows in _SECTIONS:
        lines += ["", title]
        lines += [
            f"{_plain(row.label):{width}}" + "".join(f"{_plain(cell):>12}" for cell in row.cells(results))
            for row in rows
        ]
    return "\n".join(lines)


def _plain(text: str) -> str:
    return text.replace("**", "")


def as_page(results: Sequence[Sequence[Result]]) -> str:
    """The whole page, ending with a line break."""
    return (
        "\n\n".join((_HEAD, _setting(results), *(_table(title, rows, results) for title, rows in _SECTIONS)))
        + "\n"
    )


def _table(title: str, rows: Sequence[Row], results: Sequence[Sequence[Result]]) -> str:
    lines = [f"## {title}", ""]
    lines.append("| | " + " | ".join(f"{runs[0].size:,}" for runs in results) + " |")
    lines.append("|---|" + "---|" * len(results))
    lines += [f"| {row.label} | " + " | ".join(row.cells(results)) + " |" for row in rows]
    return "\n".join(lines)


def _setting(results: Sequence[Sequence[Result]]) -> str:
    runs = ", ".join(f"{len(runs)} of {runs[0].size:,}" for runs in results)
    servers = f"Kubernetes {versions.KUBERNETES}, etcd {versions.ETCD} (no fsync), kro {versions.KRO}"
    return provenance("operator", ("kopf", "kubernetes", "aiohttp", "uvloop"), servers, runs)


_HEAD = f"""\
# The operator's speed

`make bench-operator` measures this and writes the page. The API server and etcd are real; no controller, scheduler or
kubelet runs, so that only the operator and the API server are at work. Each DataService has a schema, two indexes and
a Secret of its own, {PER_NAMESPACE} of them in a namespace; its children are a ServiceAccount, a ConfigMap, a Service,
a Deployment and the Secret with the cursor key. Each phase begins with an empty etcd. Whoever asks the API server has a
service account's token, as a pod has: the certificate of a user is checked anew at each request.

- **Floor**: a bare asynchronous client that sends the same requests for the same children and one status of each
  DataService, {IN_FLIGHT} in flight, and does nothing else: it watches nothing, reads nothing, decides nothing.
  It runs before the cold start, between that and the hot creation, and after all that follows the hot creation: each
  of the two is beside the mean of the floors before and after it.
- **Cold start**: the DataServices are there, the operator's process is started; until the last status is written.
- **Hot creation**: the operator leads, the DataServices are created, {IN_FLIGHT} in flight; until the last status is
  written.
- **Edit**: `spec.replicas` of a DataService is changed; until a watch shows it in the Deployment. **Drift**: another
  changes a Deployment's `replicas`; until a watch shows it as it was. {EDITS} of each, one after another, timed from
  before the change is sent; an edit also from the API server's answer to it, from when on the operator can know of it.
  Their floor is a client that watches, and answers a change at once by the operator's own requests, which it has ready:
  an apply of the whole Deployment, and after an edit one of the status
  ([why beside it](../adr/0013-an-edit-beside-its-apply.md)).
- **kro** ([beside this](../comparison.md) in what it does) makes the same children from a ResourceGraphDefinition with
  a template of each: at one size, in up to three of its runs, after the operator and in a cluster of its own. Its
  limits of requests and of its queue are lifted; its hot creation counts until the last Deployment is there.
- **At rest**: the operator is started anew with a short resync; what the API server counts over two of them. Watches
  and the Lease are not counted; each resync lists the DataServices once, to find what a watch may have lost.

A ratio is of figures from the same run: the machine's noise is in both. Time also grows by what the API server and
etcd take the more of, the more they hold: that growth is the floor's too."""
