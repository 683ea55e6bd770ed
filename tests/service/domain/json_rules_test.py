"""Decoding: what is accepted is exactly what was sent, and the fast way agrees with the exact one."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.json_diagnosis import explain
from dataservice.domain.json_rules import decode_documents, decode_object
from dataservice.errors import DataServiceError, InvalidDocument, MalformedJson, Violation

ALLOWED = frozenset({"_id"})

CHARACTERS = st.characters(codec="utf-8")
TEXT = st.text(CHARACTERS | st.sampled_from(':"\\{}[],'), max_size=8)
NAMES = TEXT.filter(lambda name: not set(name) & set("$.\0") and not name.startswith("_"))
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT.filter(lambda text: "\0" not in text)
)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(NAMES, inner, max_size=4)
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=5)

# Text that is often nearly JSON: the pieces that the rules are about, in any order.
PIECES = st.sampled_from(
    [
        *'{}[]:,"',
        *(
            '"a"',
            '"a":',
            '"b":',
            '"$x":',
            '"_y":',
            '":"',
            r'"\u003a"',
            r'"\u0061":',
            r'"\ud800"',
            r'"\u0000"',
        ),
        *("1", "1e999", "NaN", "true", "9223372036854775808", " ", "\n", "'"),
    ]
)


@pytest.mark.parametrize("escaped", [True, False])
@given(document=DOCUMENTS)
def test_a_document_within_the_rules_is_decoded_as_it_was_sent(
    escaped: object, document: dict[str, Any]
) -> None:
    body = json.dumps(document, ensure_ascii=bool(escaped)).encode()

    assert decode_object(body, ALLOWED) == document


def outcome(body: bytes) -> str:
    try:
        decode_object(body, ALLOWED)
    except DataServiceError as error:
        return type(error).__name__
    return "accepted"


def exact_outcome(body: bytes) -> str:
    try:
        explain(body, ALLOWED)
        is_object = isinstance(json.loads(body), dict)
    except DataServiceError as error:
        return type(error).__name__
    return "accepted" if is_object else "InvalidDocument"


@given(st.lists(PIECES, max_size=12).map(lambda pieces: "".join(pieces).encode()))
def test_the_fast_way_and_the_exact_one_agree_on_anything(body: bytes) -> None:
    assert outcome(body) == exact_outcome(body)


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", ":", "a:"]), SCALARS | DOCUMENTS), min_size=1, max_size=6)
)
def test_a_name_that_stands_twice_is_always_seen(members: list[tuple[str, Any]]) -> None:
    text = ",".join(f"{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}" for name, value in members)
    twice = len({name for name, _ in members}) < len(members)

    assert outcome(f"{{{text}}}".encode()) == ("InvalidDocument" if twice else "accepted")


@given(st.binary(max_size=40))
def test_any_bytes_are_accepted_or_refused_and_never_fail(body: bytes) -> None:
    assert outcome(body) in {"accepted", "MalformedJson", "InvalidDocument"}


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
@pytest.mark.parametrize("depth", [33, 900, 5_000, 200_000])
def test_any_depth_is_refused_and_never_fails(opening: bytes, depth: int) -> None:
    assert outcome(b'{"a":' + opening * depth) in {"MalformedJson", "InvalidDocument"}


# Items that are JSON, so that an array of them is; many break a rule.
ITEMS = st.one_of(
    DOCUMENTS.map(lambda document: json.dumps(document, ensure_ascii=False)),
    DOCUMENTS.map(json.dumps),
    st.lists(st.tuples(st.sampled_from(["a", ":", "$b", "_c", "_id"]), SCALARS), max_size=4).map(
        lambda members: (
            "{" + ",".join(f"{json.dumps(name)}:{json.dumps(value)}" for name, value in members) + "}"
        )
    ),
    st.sampled_from(["[]", "1", "null", '"{}"', "[{}]", '{"a":[{"b":18446744073709551616}]}']),
)
BEYOND_THE_FAST_WAY = st.sampled_from(['{"a":NaN}', '{"a":1e999}', r'{"a":"\ud800"}', "-Infinity"])


def alone(item: str) -> dict[str, Any] | tuple[Violation, ...]:
    try:
        return decode_object(item.encode(), ALLOWED)
    except InvalidDocument as error:
        return error.violations


def verdict(item: dict[str, Any] | InvalidDocument) -> dict[str, Any] | tuple[Violation, ...]:
    return item.violations if isinstance(item, InvalidDocument) else item


@given(
    st.lists(ITEMS, min_size=1, max_size=5) | st.lists(ITEMS | BEYOND_THE_FAST_WAY, min_size=1, max_size=5)
)
def test_an_item_of_an_array_is_judged_as_it_would_be_alone(items: list[str]) -> None:
    decoded = decode_documents(f"[{','.join(items)}]".encode(), ALLOWED, 5)

    assert isinstance(decoded, list)
    for item, judged in zip(items, map(verdict, decoded), strict=True):
        expected = alone(item)
        if isinstance(expected, tuple) and expected[0].code == "not-an-object":
            assert isinstance(judged, tuple)
            assert [each.code for each in judged] == ["not-an-object"]
        else:
            assert judged == expected


@given(DOCUMENTS)
def test_an_object_is_decoded_alike_where_arrays_are_taken(document: dict[str, Any]) -> None:
    assert decode_documents(json.dumps(document).encode(), ALLOWED, 1) == document


@pytest.mark.parametrize("body", [b"[", b"[{}", b"[{},", b"[}]", b"[{}]]", b"[\xff]", b'[{"a": NaN}, ]'])
def test_an_array_that_is_no_json_has_no_items(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        decode_documents(body, ALLOWED, 5)
