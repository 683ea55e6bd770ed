"""JSON Patch: the examples of RFC 6902, appendix A, and what holds for every patch."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.json_patch import MAX_OPERATIONS, parse_json_patch
from dataservice.errors import InvalidDocument, InvalidPatch, MalformedJson, PatchConflict

MOST = 1000


def patched(document: Any, *operations: Any) -> Any:
    return parse_json_patch(json.dumps(operations).encode(), MOST).apply(document)


@pytest.mark.parametrize(
    ("document", "operations", "result"),
    [
        pytest.param(
            {"foo": "bar"},
            [{"op": "add", "path": "/baz", "value": "qux"}],
            {"baz": "qux", "foo": "bar"},
            id="A.1 adding an object member",
        ),
        pytest.param(
            {"foo": ["bar", "baz"]},
            [{"op": "add", "path": "/foo/1", "value": "qux"}],
            {"foo": ["bar", "qux", "baz"]},
            id="A.2 adding an array element",
        ),
        pytest.param(
            {"baz": "qux", "foo": "bar"},
            [{"op": "remove", "path": "/baz"}],
            {"foo": "bar"},
            id="A.3 removing an object member",
        ),
        pytest.param(
            {"foo": ["bar", "qux", "baz"]},
            [{"op": "remove", "path": "/foo/1"}],
            {"foo": ["bar", "baz"]},
            id="A.4 removing an array element",
        ),
        pytest.param(
            {"baz": "qux", "foo": "bar"},
            [{"op": "replace", "path": "/baz", "value": "boo"}],
            {"baz": "boo", "foo": "bar"},
            id="A.5 replacing a value",
        ),
        pytest.param(
            {"foo": {"bar": "baz", "waldo": "fred"}, "qux": {"corge": "grault"}},
            [{"op": "move", "from": "/foo/waldo", "path": "/qux/thud"}],
            {"foo": {"bar": "baz"}, "qux": {"corge": "grault", "thud": "fred"}},
            id="A.6 moving a value",
        ),
        pytest.param(
            {"foo": ["all", "grass", "cows", "eat"]},
            [{"op": "move", "from": "/foo/1", "path": "/foo/3"}],
            {"foo": ["all", "cows", "eat", "grass"]},
            id="A.7 moving an array element",
        ),
        pytest.param(
            {"baz": "qux", "foo": ["a", 2, "c"]},
            [
                {"op": "test", "path": "/baz", "value": "qux"},
                {"op": "test", "path": "/foo/1", "value": 2},
            ],
            {"baz": "qux", "foo": ["a", 2, "c"]},
            id="A.8 testing a value: success",
        ),
        pytest.param(
            {"foo": "bar"},
            [{"op": "add", "path": "/child", "value": {"grandchild": {}}}],
            {"foo": "bar", "child": {"grandchild": {}}},
            id="A.10 adding a nested member object",
        ),
        pytest.param(
            {"foo": "bar"},
            [{"op": "add", "path": "/baz", "value": "qux", "xyz": 123}],
            {"foo": "bar", "baz": "qux"},
            id="A.11 ignoring unrecognized elements",
        ),
        pytest.param(
            {"/": 9, "~1": 10},
            [{"op": "test", "path": "/~01", "value": 10}],
            {"/": 9, "~1": 10},
            id="A.14 ~ escape ordering",
        ),
        pytest.param(
            {"foo": ["bar"]},
            [{"op": "add", "path": "/foo/-", "value": ["abc", "def"]}],
            {"foo": ["bar", ["abc", "def"]]},
            id="A.16 adding an array value",
        ),
        pytest.param(
            {"a/b": 1, "": {"": 2}},
            [{"op": "copy", "from": "/a~1b", "path": "//x"}, {"op": "test", "path": "//", "value": 2}],
            {"a/b": 1, "": {"": 2, "x": 1}},
            id="empty names, and ~1",
        ),
        pytest.param(
            {"a": [1, 2]},
            [{"op": "copy", "from": "", "path": "/b"}, {"op": "add", "path": "/b/a/-", "value": 3}],
            {"a": [1, 2], "b": {"a": [1, 2, 3]}},
            id="a copy is its own",
        ),
        pytest.param(
            {"a": 1},
            [{"op": "replace", "path": "", "value": {"b": 2}}, {"op": "move", "from": "/b", "path": "/b"}],
            {"b": 2},
            id="the whole document",
        ),
        pytest.param(
            {"a": {"b": 1.0, "c": [True, None]}},
            [{"op": "test", "path": "", "value": {"a": {"c": [True, None], "b": 1}}}],
            {"a": {"b": 1.0, "c": [True, None]}},
            id="numbers are equal by value, objects in any order",
        ),
    ],
)
def test_a_patch_gives_what_the_rfc_says(document: Any, operations: list[Any], result: Any) -> None:
    assert patched(document, *operations) == result


@pytest.mark.parametrize(
    ("document", "operation"),
    [
        pytest.param(
            {"baz": "qux"}, {"op": "test", "path": "/baz", "value": "bar"}, id="A.9 testing a value: error"
        ),
        pytest.param(
            {"foo": "bar"},
            {"op": "add", "path": "/baz/bat", "value": "qux"},
            id="A.12 adding to a nonexistent target",
        ),
        pytest.param(
            {"/": 9, "~1": 10},
            {"op": "test", "path": "/~01", "value": "10"},
            id="A.15 comparing strings and numbers",
        ),
        ({"a": True}, {"op": "test", "path": "/a", "value": 1}),
        ({"a": [0]}, {"op": "test", "path": "/a", "value": [False]}),
        ({"a": ["a"]}, {"op": "test", "path": "/a", "value": "a"}),
        ({"a": None}, {"op": "test", "path": "/b", "value": None}),
        ({"a": [1]}, {"op": "add", "path": "/a/2", "value": 1}),
        ({"a": [1]}, {"op": "add", "path": "/a/01", "value": 1}),
        ({"a": [1]}, {"op": "add", "path": "/a/+0", "value": 1}),
        ({"a": [1]}, {"op": "add", "path": "/a/٣", "value": 1}),
        ({"a": [1]}, {"op": "add", "path": "/a/" + "9" * 5000, "value": 1}),
        ({"a": [1]}, {"op": "replace", "path": "/a/-", "value": 1}),
        ({"a": [1]}, {"op": "replace", "path": "/a/-1", "value": 1}),
        ({"a": [1]}, {"op": "remove", "path": "/a/1"}),
        ({"a": [1]}, {"op": "remove", "path": "/b"}),
        ({"a": "text"}, {"op": "remove", "path": "/a/0"}),
        ({"a": "text"}, {"op": "add", "path": "/a/0", "value": 1}),
        ({"a": 1}, {"op": "move", "from": "/b", "path": "/c"}),
        ({"a": 1}, {"op": "copy", "from": "/a/b", "path": "/c"}),
        ({"a": 1}, {"op": "replace", "path": "/b", "value": 1}),
    ],
)
def test_a_patch_that_does_not_go_with_the_document_is_a_conflict(document: Any, operation: Any) -> None:
    with pytest.raises(PatchConflict, match="operation 1"):
        patched(document, {"op": "add", "path": "/x", "value": 1}, operation)


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        b'"text"',
        b"null",
        b"[1]",
        b"[[]]",
        b"[{}]",
        b'[{"op": "add", "path": "/a"}]',
        b'[{"op": "add", "value": 1}]',
        b'[{"op": "move", "path": "/a"}]',
        b'[{"op": "copy", "path": "/a", "value": 1}]',
        b'[{"op": "replace", "path": "/a"}]',
        b'[{"op": "test", "path": "/a"}]',
        b'[{"op": "merge", "path": "/a", "value": 1}]',
        b'[{"op": "ADD", "path": "/a", "value": 1}]',
        b'[{"op": ["add"], "path": "/a", "value": 1}]',
        b'[{"op": null, "path": "/a", "value": 1}]',
        b'[{"op": "add", "path": "a", "value": 1}]',
        b'[{"op": "add", "path": 1, "value": 1}]',
        b'[{"op": "add", "path": null, "value": 1}]',
        b'[{"op": "add", "path": "/a~2", "value": 1}]',
        b'[{"op": "add", "path": "/a~", "value": 1}]',
        b'[{"op": "move", "from": "a", "path": "/b"}]',
        b'[{"op": "move", "from": "/a", "path": "/a/b"}]',
        b'[{"op": "move", "from": "", "path": "/a"}]',
        b'[{"op": "add", "path": "%b", "value": 1}]' % (b"/a" * 129),
        b"[%b]" % b",".join([b'{"op": "remove", "path": "/a"}'] * (MAX_OPERATIONS + 1)),
    ],
)
def test_what_is_no_patch_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidPatch):
        parse_json_patch(body, MOST)


@pytest.mark.parametrize("body", [b"", b"[", b"[{]", b"\xff", b'[{"op": "add"}] x', b"[Infinit]"])
def test_what_is_no_json_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedJson):
        parse_json_patch(body, MOST)


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b'[{"op": "add", "path": "/a", "value": NaN}]', "/0/value", "not-a-number"),
        (b'[{"op": "add", "path": "/a", "value": 18446744073709551616}]', "/0/value", "integer-out-of-range"),
        (b'[{"op": "add", "path": "/a", "value": {"$gt": 1}}]', "/0/value/$gt", "invalid-name"),
        (b'[{"op": "add", "path": "/a", "path": "/b", "value": 1}]', "/0/path", "duplicate-name"),
        (b'[{"op": "add", "path": "/a", "value": {"b": 1, "b": 2}}]', "/0/value/b", "duplicate-name"),
        (b'[{"op": "add", "path": "/a\\u0000", "value": 1}]', "/0/path", "nul"),
        (b'[{"op": "add", "path": "/\\ud800", "value": 1}]', "/0/path", "lone-surrogate"),
        (b'[{"op": "add", "path": "/_id", "value": 1}]', "/_id", "reserved-name"),
        (b'[{"op": "test", "path": "/_etag/x", "value": 1}]', "/_etag", "reserved-name"),
        (b'[{"op": "copy", "from": "/_id", "path": "/a"}]', "/_id", "reserved-name"),
    ],
)
def test_what_no_document_may_hold_is_refused_with_its_place(body: bytes, pointer: str, code: str) -> None:
    with pytest.raises(InvalidDocument) as refused:
        parse_json_patch(body, MOST)

    assert [(each.pointer, each.code) for each in refused.value.violations] == [(pointer, code)]


def test_a_value_may_be_as_deep_as_a_document_allows() -> None:
    value: Any = 1
    for _ in range(32):
        value = [value]
    assert patched({}, {"op": "add", "path": "", "value": value}) == value

    with pytest.raises(InvalidDocument):
        patched({}, {"op": "add", "path": "", "value": [value]})


def test_copies_may_add_as_much_as_was_said_and_no_more() -> None:
    half = {"a": "x" * (MOST // 2 - 2)}  # with its quotes
    copies = [{"op": "copy", "from": "/a", "path": f"/{number}"} for number in range(3)]

    assert set(patched(half, *copies[:2])) == {"a", "0", "1"}
    with pytest.raises(InvalidDocument):
        patched(half, *copies)


def test_copies_that_double_the_document_end_at_their_bound() -> None:
    doubling = [{"op": "copy", "from": "/a", "path": "/a/-"}] * 60

    with pytest.raises(InvalidDocument) as refused:
        patched({"a": ["x" * 100]}, *doubling)

    assert refused.value.violations[0].code == "too-large"


def test_a_patch_that_nests_without_end_is_refused() -> None:
    deep = "/a" * 30
    nested: Any = 1
    for _ in range(31):
        nested = {"a": nested}
    deepen = [{"op": "copy", "from": "/a", "path": deep}] * 400

    with pytest.raises(InvalidDocument):
        parse_json_patch(json.dumps(deepen).encode(), 10**9).apply(nested)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "a", "~", "/"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc/~"), inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(st.sampled_from("abc/~"), json_values, max_size=4)
paths = st.lists(st.sampled_from(["a", "b", "c", "~0", "~1", "0", "1", "-"]), max_size=3).map(
    lambda tokens: "".join(f"/{each}" for each in tokens)
)
operations = st.one_of(
    st.fixed_dictionaries(
        {"op": st.sampled_from(["add", "replace", "test"]), "path": paths, "value": json_values}
    ),
    st.fixed_dictionaries({"op": st.just("remove"), "path": paths}),
    st.fixed_dictionaries({"op": st.sampled_from(["move", "copy"]), "path": paths, "from": paths}),
)


@given(documents, st.lists(operations, max_size=6))
def test_a_patch_changes_neither_the_document_nor_itself(document: Any, given_: list[Any]) -> None:
    before = json.dumps(document)
    try:
        patch = parse_json_patch(json.dumps(given_).encode(), 10**6)
        first = json.dumps(patch.apply(document))
    except (InvalidPatch, PatchConflict):
        first = None
    assert json.dumps(document) == before
    if first is not None:
        assert json.dumps(patch.apply(document)) == first


@given(documents, json_values)
def test_what_was_added_can_be_tested_and_taken_away(document: Any, value: Any) -> None:
    place = {"path": "/new", "value": value}
    added = patched(document, {"op": "add", **place}, {"op": "test", **place})

    assert added == {**document, "new": value}
    assert patched(added, {"op": "remove", "path": "/new"}) == document


@given(documents, documents)
def test_replacing_all_gives_the_other_document(document: Any, other: Any) -> None:
    assert patched(document, {"op": "replace", "path": "", "value": other}) == other
