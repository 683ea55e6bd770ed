import json

from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain import etag
from dataservice.domain.document import new_document
from dataservice.domain.pointer import pointer
from dataservice.domain.timestamps import from_unix_ms, rfc3339


def test_a_document_is_shown_with_its_server_fields_around_the_clients() -> None:
    made = new_document(
        "one", "0123456789abcdef", from_unix_ms(1_772_366_400_007), {"b": 1, "a": {"é": None}}
    )

    assert list(json.loads(made.json).items()) == [
        ("_id", "one"),
        ("b", 1),
        ("a", {"é": None}),
        ("_etag", "0123456789abcdef"),
        ("_created_at", "2026-03-01T12:00:00.007Z"),
        ("_updated_at", "2026-03-01T12:00:00.007Z"),
    ]


@given(st.integers(0, 253_402_300_799_999), st.integers(0, 253_402_300_799_999))
def test_instants_sort_as_text(one: int, other: int) -> None:
    assert (rfc3339(from_unix_ms(one)) < rfc3339(from_unix_ms(other))) is (one < other)


def test_etags_do_not_repeat() -> None:
    assert len({etag.new_etag() for _ in range(1000)}) == 1000


def test_a_pointer_escapes_what_rfc_6901_says() -> None:
    assert pointer(["a/b", "m~n", 0, ""]) == "/a~1b/m~0n/0/"
    assert pointer([]) == ""


def test_a_pointer_does_not_repeat_a_long_name() -> None:
    assert len(pointer(["x" * 100_000])) < 120
