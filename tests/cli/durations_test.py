from datetime import UTC, datetime

import pytest
import typer

from kubectl_dataservice.durations import age, seconds, span


@pytest.mark.parametrize(("text", "meant"), [("90", 90), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("0", 0)])
def test_a_time_is_read_as_kubectl_reads_it(text: str, meant: int) -> None:
    assert seconds(text) == meant


@pytest.mark.parametrize("text", ["", "5 m", "m", "-1", "1.5m", "soon"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter, match="write 90s, 5m or 1h"):
        seconds(text)


@pytest.mark.parametrize(
    ("duration", "told"),
    [
        (0.4, "0s"),
        (59, "59s"),
        (60, "1m"),
        (320, "5m20s"),
        (900, "15m"),
        (7_500, "2h5m"),
        (183_600, "2d3h"),
        (36_300, "10h"),
    ],
)
def test_a_span_is_told_in_its_largest_units(duration: float, told: str) -> None:
    assert span(duration) == told


def test_an_age_counts_from_an_instant_of_the_api() -> None:
    assert age("2026-11-28T10:00:00Z", datetime(2026, 11, 28, 10, 1, tzinfo=UTC)) == "1m"
    assert age(None) == ""
