"""API keys and the entries that hold their digests."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubectl_dataservice import keys
from kubectl_dataservice.errors import Problem

SCOPES = st.sampled_from([("read",), ("write",), ("read", "write")])


def test_each_key_is_another_and_has_256_random_bits_in_characters_that_a_header_takes() -> None:
    made = {keys.new_key() for _ in range(20)}
    assert len(made) == 20
    assert all(len(key) == len("dsk_") + 43 and key.isascii() and " " not in key for key in made)


@settings(max_examples=50, deadline=None)
@given(entry=st.binary(max_size=200), scopes=SCOPES)
def test_a_key_that_is_added_is_the_newest_and_leaves_every_other_byte(
    entry: bytes, scopes: tuple[str, ...]
) -> None:
    key = keys.known("a key", scopes)
    added = keys.with_key(entry, key)
    assert added.startswith(entry)
    assert keys.keys_of(added)[-1] == key


def test_what_stands_in_an_entry_holds_nothing_to_call_with() -> None:
    key = keys.new_key()
    assert key not in keys.with_key(b"", keys.known(key, keys.SCOPES)).decode()


def test_lines_that_the_service_passes_over_are_counted() -> None:
    entry = keys.with_key(b"sha256:too-short\n\n", keys.known("a key", ["read"]))
    assert (len(keys.keys_of(entry)), keys.unusable(entry)) == (1, 1)


@pytest.mark.parametrize("text", ["", "admin", "read,admin", "read write"])
def test_scopes_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(Problem, match="write read, write or read,write"):
        keys.scopes(text)


@pytest.mark.parametrize("name", ["", ".hidden", "..data", "a/b", "a b", "ä", "a" * 254, "a\n"])
def test_names_that_no_entry_can_have_or_that_the_service_leaves_alone_are_refused(name: str) -> None:
    with pytest.raises(Problem, match="cannot name a key"):
        keys.client(name)
