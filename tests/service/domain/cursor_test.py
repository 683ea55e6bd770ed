import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.cursor import CursorSigner
from dataservice.errors import InvalidCursor, PositionTooLong

SIGNER = CursorSigner(b"k" * 32)
POSITIONS = st.text(max_size=128) | st.lists(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=20)
)


@given(POSITIONS, st.text())
def test_a_cursor_gives_its_position_back_to_its_query(position: Any, query: str) -> None:
    assert SIGNER.read(SIGNER.sign(position, query), query) == position


@given(POSITIONS, st.text(), st.text())
def test_a_cursor_fits_no_other_query(position: Any, query: str, other: str) -> None:
    cursor = SIGNER.sign(position, query)

    if query != other:
        with pytest.raises(InvalidCursor):
            SIGNER.read(cursor, other)


@given(st.text(max_size=30), st.data())
def test_a_cursor_with_any_character_changed_is_refused(position: str, data: st.DataObject) -> None:
    cursor = SIGNER.sign(position, "q")
    at = data.draw(st.integers(0, len(cursor) - 1))
    changed = (
        cursor[:at]
        + data.draw(st.sampled_from("AaZz09-_=+/ é").filter(lambda c: c != cursor[at]))
        + cursor[at + 1 :]
    )

    with pytest.raises(InvalidCursor):
        SIGNER.read(changed, "q")


@given(st.text(max_size=30))
def test_a_cursor_has_one_spelling(position: str) -> None:
    """Base64 leaves bits of the last character unused, and decoders ignore them."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    cursor = SIGNER.sign(position, "q")
    spare = alphabet[alphabet.index(cursor[-1]) ^ 1]

    with pytest.raises(InvalidCursor):
        SIGNER.read(cursor[:-1] + spare, "q")


@given(st.text() | st.binary().map(lambda raw: base64.urlsafe_b64encode(raw).decode()))
def test_what_was_never_signed_is_refused(text: str) -> None:
    with pytest.raises(InvalidCursor):
        SIGNER.read(text, "q")


LONGEST = 5966
"""Characters of an id that fit into a cursor."""


def test_the_longest_cursor_that_is_made_can_be_used() -> None:
    assert SIGNER.read(SIGNER.sign("a" * LONGEST, "q"), "q") == "a" * LONGEST


def test_a_position_that_no_url_can_hold_makes_no_cursor() -> None:
    with pytest.raises(PositionTooLong):
        SIGNER.sign("a" * (LONGEST + 1), "q")


def test_another_key_makes_other_cursors() -> None:
    with pytest.raises(InvalidCursor):
        SIGNER.read(CursorSigner(b"j" * 32).sign("a", "q"), "q")


@given(POSITIONS)
def test_a_cursor_needs_no_escaping_in_a_url(position: Any) -> None:
    assert SIGNER.sign(position, "q").replace("-", "").replace("_", "").isalnum()
