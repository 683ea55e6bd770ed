"""The rows of the operator's page, from made-up runs."""

from operator import attrgetter
from types import SimpleNamespace
from typing import Any

from benchmarks.operator.report import Growth, OfRival, Row, Spread, SpreadOfRival

FIGURE: Any = float
"""Of a run that is no more than its figure."""

RIVAL: Any = attrgetter("rival")
"""Of a run that is no more than kro's figure."""


def test_a_row_tells_the_median_of_each_size() -> None:
    runs: Any = [[1, 9, 2], [30]]
    assert Row("CPU", FIGURE, "{:.0f}").cells(runs) == ["2", "30"]


def test_growth_is_told_beside_the_size_before() -> None:
    runs: Any = [[1, 9, 2], [30], [45, 15]]
    assert Growth("CPU", FIGURE, "{:.1f}").cells(runs) == ["-", "15.0", "1.0"]


def test_the_spread_of_several_runs_is_from_the_least_to_the_most() -> None:
    runs: Any = [[3, 9, 2], [30]]
    assert Spread("CPU", FIGURE, "{:.0f}").cells(runs) == ["2-9", "-"]


def test_runs_in_which_kro_was_not_measured_tell_nothing_of_it() -> None:
    runs: Any = [[SimpleNamespace(rival=seconds) for seconds in of] for of in ([3.0, 9.0, 2.0, None], [None])]
    assert OfRival("kro: edit", RIVAL, "{:.0f}").cells(runs) == ["3", "-"]
    assert SpreadOfRival("kro: edit", RIVAL, "{:.0f}").cells(runs) == ["2-9", "-"]
