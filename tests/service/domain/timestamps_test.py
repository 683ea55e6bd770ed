"""Instants as clients see them."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.timestamps import from_rfc3339, from_unix_ms, rfc3339


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
