"""JSON Merge Patch: the examples of RFC 7396, appendix A, and what holds for every patch."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.merge_patch import merged, parse_merge_patch
from dataservice.errors import InvalidDocument, MalformedJson


@pytest.mark.parametrize(
    ("original", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
    ids=json.dumps,
)
def test_a_patch_gives_what_the_rfc_says(original: Any, patch: Any, result: Any) -> None:
    assert merged(original, patch) == result


def test_the_example_of_section_3() -> None:
    original = {
        "title": "Goodbye!",
        "author": {"givenName": "John", "familyName": "Doe"},
        "tags": ["example", "sample"],
        "content": "This will be unchanged",
    }
    body = b"""{"title": "Hello!", "phoneNumber": "+01-123-456-7890", "author": {"familyName": null},
                "tags": ["example"]}"""
    assert parse_merge_patch(body).apply(original) == {
        "title": "Hello!",
        "author": {"givenName": "John"},
        "tags": ["example"],
        "content": "This will be unchanged",
        "phoneNumber": "+01-123-456-7890",
    }


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_merge_patch(body)


@pytest.mark.parametrize(
    "body", [b"[]", b"null", b'"text"', b'{"_id": "x"}', b'{"_etag": null}', b'{"a": NaN}']
)
def test_what_would_make_no_document_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidDocument):
        parse_merge_patch(body)


names = st.sampled_from("abc")
values = st.recursive(
    st.booleans() | st.integers(-9, 9) | st.text("xy", max_size=2),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(names, values, max_size=3)


def difference(one: Any, other: Any) -> Any:
    """The merge patch between two documents without null."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return other
    changed = {name: difference(one.get(name), other[name]) for name in other if one.get(name) != other[name]}
    return {**dict.fromkeys(one.keys() - other.keys()), **changed}


@given(documents, documents)
def test_the_difference_of_two_documents_makes_one_the_other(one: Any, other: Any) -> None:
    before = json.dumps(one)

    assert merged(one, difference(one, other)) == other

    assert json.dumps(one) == before


@given(documents, documents)
def test_a_patch_applied_again_changes_nothing(document: Any, patch: Any) -> None:
    once = merged(document, patch)

    assert merged(once, patch) == once
