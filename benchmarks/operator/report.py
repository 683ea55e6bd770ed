"""The figures as a table for the terminal and as the published page."""

from dataclasses import dataclass
from statistics import median

from benchmarks.operator.phases import Floor, Start, Warm


@dataclass(frozen=True)
class Result:
    size: int
    floor: Floor
    cold: Start
    warm: Warm


def in_a_line(result: Result) -> str:
    floor, cold, warm = result.floor, result.cold, result.warm
    return (
        f"floor {floor.children_seconds:.2f} s (+ resources {floor.resources_seconds:.2f} s), "
        f"cold {cold.seconds:.2f} s, hot {warm.hot.seconds:.2f} s, "
        f"reads {cold.reads}/{warm.hot.reads} writes {cold.writes}/{warm.hot.writes}, "
        f"edit {warm.edit.percentile(50):.1f}/{warm.edit.percentile(95):.1f} ms "
        f"reads {warm.edit.reads} writes {warm.edit.writes}, "
        f"drift {warm.drift.percentile(50):.1f}/{warm.drift.percentile(95):.1f} ms, "
        f"rest reads {warm.rest.reads} writes {warm.rest.writes} lists {warm.rest.lists_of_resources} "
        f"in {warm.rest.seconds:.0f} s cpu {warm.rest.cpu_seconds:.1f} s, "
        f"cpu cold {cold.cost.cpu_seconds:.1f} hot {warm.hot.cost.cpu_seconds:.1f} s, "
        f"peak {cold.cost.peak_megabytes:.0f}/{warm.hot.cost.peak_megabytes:.0f}/{warm.cost.peak_megabytes:.0f} MB"
    )


def as_text(results: list[list[Result]]) -> str:
    return "\n".join(
        f"{runs[0].size}: {median(r.floor.children_seconds for r in runs):.2f}" for runs in results
    )


def as_page(results: list[list[Result]]) -> str:
    return as_text(results)
