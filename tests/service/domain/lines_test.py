"""A stream is cut at its line feeds, however it comes in pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.lines import Line, LineSplitter


def split(chunks: list[bytes], most: int = 100) -> list[Line]:
    splitter = LineSplitter(most)
    return [line for chunk in chunks for line in splitter.feed(chunk)] + list(splitter.end())


@given(st.lists(st.lists(st.sampled_from([b"a", b"{}", b"\n", b"\r\n", b" "])).map(b"".join)))
def test_where_a_stream_comes_in_pieces_makes_no_difference(chunks: list[bytes]) -> None:
    whole = b"".join(chunks)

    assert split(chunks) == [
        Line(number, line) for number, line in enumerate(whole.split(b"\n"), 1) if line.strip()
    ]


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_a_line_that_is_too_long_is_told_by_its_number_and_the_rest_goes_on(size: int) -> None:
    stream = b"one\n" + b"x" * 11 + b"\n" + b"y" * 10 + b"\n" + b"z" * 50

    lines = split([stream[at : at + size] for at in range(0, len(stream), size)], most=10)

    assert lines == [Line(1, b"one"), Line(2, None), Line(3, b"y" * 10), Line(4, None)]


def test_of_a_line_that_is_too_long_nothing_is_kept() -> None:
    splitter = LineSplitter(10)

    for _ in range(100):
        assert list(splitter.feed(b"x" * 9)) == []

    assert len(splitter._begun) <= 10
