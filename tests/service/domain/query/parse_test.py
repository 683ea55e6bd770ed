import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.query.match import matches
from dataservice.domain.query.parse import MAX_DEPTH, MAX_PARTS, MAX_TESTS, MAX_VALUES, parse_filter
from dataservice.domain.query.tree import (
    EVERYTHING,
    Among,
    Combined,
    Compare,
    Condition,
    ElementHas,
    ElementIs,
    Exists,
    Field,
    Size,
    StartsWith,
)
from dataservice.errors import InvalidFilter

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("{}", EVERYTHING),
        ('{"a": 1}', Field("a", (Compare("$eq", 1),))),
        ('{"a": {"b": 1}}', Field("a", (Compare("$eq", {"b": 1}),))),
        ('{"a": {}}', Field("a", (Compare("$eq", {}),))),
        ('{"a.0.b": {"$gt": 1, "$lte": 9.5}}', Field("a.0.b", (Compare("$gt", 1), Compare("$lte", 9.5)))),
        ('{"a": {"$in": [1, null, [2]]}}', Field("a", (Among("$in", (1, None, [2])),))),
        ('{"a": {"$exists": false}}', Field("a", (Exists(wanted=False),))),
        ('{"a": {"$size": 0}}', Field("a", (Size(0),))),
        ('{"a": {"$startsWith": "x.*"}}', Field("a", (StartsWith("x.*"),))),
        ('{"a": {"$elemMatch": {"$gt": 1}}}', Field("a", (ElementIs((Compare("$gt", 1),)),))),
        ('{"a": {"$elemMatch": {"_b": 1}}}', Field("a", (ElementHas(Field("_b", (Compare("$eq", 1),))),))),
        ('{"$nor": [{"a": 1}]}', Combined("$nor", (Field("a", (Compare("$eq", 1),)),))),
        ('{"_created_at": "2026-03-01T13:00:00.0+01:00"}', Field("_created_at", (Compare("$eq", NOON),))),
        (
            '{"_updated_at": {"$in": ["2026-03-01t12:00:00z"]}}',
            Field("_updated_at", (Among("$in", (NOON,)),)),
        ),
    ],
)
def test_a_filter_becomes_a_tree_of_known_operators(text: str, condition: Condition) -> None:
    assert parse_filter(text) == condition


def test_several_fields_are_all_meant() -> None:
    both = Combined("$and", (Field("a", (Compare("$eq", 1),)), Field("b", (Compare("$eq", 2),))))
    assert parse_filter('{"a": 1, "b": 2}') == both


def nested(depth: int) -> str:
    return '{"$and":[' * depth + '{"a":1}' + "]}" * depth


REFUSED = {
    # No JSON, or what no document holds.
    "": "not JSON",
    "{": "not JSON",
    "{'a': 1}": "not JSON",
    '{"a": 1} x': "not JSON",
    '{"a": NaN}': "NaN",
    '{"a": -Infinity}': "Infinity",
    '{"a": 1e999}': "64-bit float",
    '{"a": 9223372036854775808}': "int64",
    '{"a": ' + "9" * 5000 + "}": "int64",
    '{"a": 1, "a": 2}': "'a' stands twice",
    '{"a": {"$gt": 1, "$gt": 2}}': "'$gt' stands twice",
    '{"a": "\\u0000"}': "at /a: text may not hold the NUL",
    '{"a": ["\\ud800"]}': "at /a/0: text holds half",
    '{"a": {"\\udfff": 1}}': "half of a surrogate pair",
    '{"a": "\udcff"}': "not UTF-8",
    "[" * 7000: "too deep",
    '{"a":' * 1300: "too deep",
    # Not an object of fields.
    "[]": "an object of fields",
    "1": "an object of fields",
    '"a"': "an object of fields",
    "null": "an object of fields",
    '{"$and": [1]}': "at /$and/0: an object of fields",
    # Operators that are none, or not there.
    '{"$where": "sleep(1000)"}': "at /$where: the operator is not known; allowed here: $and, $or, $nor",
    '{"$expr": {"$eq": [1, 1]}}': "at /$expr: the operator is not known",
    '{"$jsonSchema": {}}': "not known",
    '{"$text": {"$search": "x"}}': "not known",
    '{"$comment": "x"}': "not known",
    '{"$gt": 1}': '{"field": {"$gt": ...}}',
    '{"a": {"$regex": "(a+)+$"}}': "at /a/$regex: the operator is not known; allowed here: $eq, $ne, $gt",
    '{"a": {"$where": "1"}}': "not known",
    '{"a": {"$not": {"$gt": 1}}}': "not known",
    '{"a": {"$type": 2}}': "not known",
    '{"a": {"$GT": 1}}': "not known",
    '{"a": {"$gt": 1, "b": 2}}': "at /a/b: the operator is not known",
    '{"a": {"$elemMatch": {"$where": "1"}}}': "at /a/$elemMatch/$where",
    '{"a": {"$elemMatch": {"$gt": 1, "b": 2}}}': "at /a/$elemMatch/b",
    '{"a": {"$in": [{"$regex": "x"}]}}': "at /a/$in/0/$regex: a value to compare with",
    '{"a": {"$all": [{"$elemMatch": {"b": 1}}]}}': "at /a/$all/0/$elemMatch",
    '{"a": {"$eq": {"$gt": 1}}}': "at /a/$eq/$gt",
    '{"a": {"b": {"$gt": 1}}}': "at /a/b/$gt",
    '{"a": {"$ref": "x", "$id": 1}}': "not known",
    '{"a": {"$oid": "0123456789abcdef01234567"}}': "not known",
    # Operands of another type.
    '{"$and": {}}': "at /$and: an array",
    '{"$or": []}': "at /$or: an array",
    '{"a": {"$in": 1}}': "at /a/$in: an array",
    '{"a": {"$nin": {"$gt": 1}}}': "at /a/$nin: an array",
    '{"a": {"$exists": 1}}': "true or false",
    '{"a": {"$size": 1.5}}': "whole number",
    '{"a": {"$size": true}}': "whole number",
    '{"a": {"$size": -1}}': "whole number",
    '{"a": {"$size": 4294967296}}': "whole number",
    '{"a": {"$startsWith": 1}}': "a string",
    '{"a": {"$startsWith": {"$regex": "x"}}}': "a string",
    '{"a": {"$startsWith": "\\u0000"}}': "NUL",
    '{"a": {"$elemMatch": []}}': "an object of operators",
    '{"a": {"$gt": [1]}}': "a string, a number",
    '{"a": {"$lte": {}}}': "a string, a number",
    # Instants.
    '{"_created_at": 1772366400000}': "at /_created_at: a time",
    '{"_created_at": null}': "a time",
    '{"_created_at": "2026-03-01"}': "a time",
    '{"_created_at": "2026-03-01T12:00:00"}': "a time",
    '{"_created_at": "2026-03-01T12:00:00.1234Z"}': "milliseconds",
    '{"_created_at": "2026-02-30T12:00:00Z"}': "a time",
    '{"_created_at": "0001-01-01T00:00:00+23:00"}': "a time",
    '{"_created_at": {"$gt": "2026-03-01T12:00:00 01:00"}}': "%2B",
    '{"_created_at": {"$startsWith": "2026"}}': "not possible with an instant",
    '{"_updated_at": {"$elemMatch": {"$gt": 1}}}': "not possible with an instant",
    # Paths.
    '{"_request": "x"}': "at /_request: of the names that begin with '_'",
    '{"_id.x": 1}': "begin with '_'",
    '{"_etag.": 1}': "names joined by dots",
    '{"$or": [{"_secret": {"$startsWith": "a"}}]}': "at /$or/0/_secret",
    '{"": 1}': "names joined by dots",
    '{"a..b": 1}': "names joined by dots",
    '{"a.": 1}': "names joined by dots",
    '{"a.$": 1}': "without '$'",
    '{"a.$where": 1}': "without '$'",
    '{"a\\u0000": 1}': "names joined by dots",
    json.dumps({".".join("a" * (MAX_PARTS + 1)): 1}): "parts",
    # Sizes.
    nested(MAX_DEPTH): "levels deep",
    json.dumps({"a": {"$in": list(range(MAX_VALUES + 1))}}): f"at most {MAX_VALUES} values",
    json.dumps({"$or": [{"a": 1}] * (MAX_TESTS + 1)}): f"at most {MAX_TESTS} operators",
}


@pytest.mark.parametrize(("text", "said"), REFUSED.items(), ids=lambda each: ascii(each)[:40])
def test_a_filter_that_is_not_understood_is_refused_with_its_place(text: str, said: str) -> None:
    with pytest.raises(InvalidFilter) as refused:
        parse_filter(text)

    assert said in str(refused.value)
    assert len(str(refused.value)) < 1000
    str(refused.value).encode()


def test_the_largest_filter_is_taken() -> None:
    parse_filter(nested((MAX_DEPTH - 1) // 2))
    parse_filter(json.dumps({"a": {"$in": list(range(MAX_VALUES))}}))
    parse_filter(json.dumps({"$or": [{"a": 1}] * (MAX_TESTS - 1)}))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["$and", "$or", "$in", "$elemMatch", "$gt", "$size", "$where", "a", "a.b", "_id", "_x"]
            ),
            inner,
            max_size=3,
        )
    ),
)


@given(JSON)
def test_whatever_is_sent_is_a_condition_or_refused(value: Any) -> None:
    try:
        condition = parse_filter(json.dumps(value))
    except InvalidFilter:
        return
    matches(condition, {"a": [{"b": 1}, 2], "_id": "x"})
