"""Instants as clients see them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.timestamps import from_rfc3339, from_unix_ms, rfc3339, rfc3339_of_unix_ms


@given(st.integers(-62_135_596_800_000, 253_402_300_799_999))
def test_what_was_written_can_be_read(milliseconds: int) -> None:
    instant = from_unix_ms(milliseconds)

    assert from_rfc3339(rfc3339(instant)) == instant


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "yesterday",
        "2026-03-01",
        "2026-03-01T12:00:00Z",
        "2026-03-01T12:00:00.000",
        "2026-03-01T12:00:00.000+01:00",
        "2026-03-01T12:00:00.000000Z",
        "2026-03-01 12:00:00.000Z",
        "2026-02-30T12:00:00.000Z",
    ],
)
def test_what_was_not_written_here_is_none(text: Any) -> None:
    assert from_rfc3339(text) is None


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
        (1_772_366_400_007, "2026-03-01T12:00:00.007Z"),
        (-62_135_596_800_000, "0001-01-01T00:00:00.000Z"),
        (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_an_instant_has_one_text_whichever_way_it_is_made(milliseconds: int, text: str) -> None:
    assert rfc3339_of_unix_ms(milliseconds) == rfc3339(from_unix_ms(milliseconds)) == text


@pytest.mark.parametrize("milliseconds", [-62_135_596_800_001, 253_402_300_800_000])
def test_an_instant_that_no_calendar_holds_has_none(milliseconds: int) -> None:
    with pytest.raises((ValueError, OverflowError)):
        rfc3339_of_unix_ms(milliseconds)
