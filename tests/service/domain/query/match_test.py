"""Whether a filter finds a document; each line is MongoDB's answer."""

import json
from typing import Any

import pytest

from dataservice.domain.query.budget import Budget
from dataservice.domain.query.match import matches
from dataservice.domain.query.parse import parse_filter
from dataservice.errors import QueryTooSlow

BIG = 2**53

FOUND: list[tuple[Any, dict[str, Any]]] = [
    ({}, {}),
    ({"a": 1}, {"a": 1}),
    ({"a": 1}, {"a": 1.0}),
    ({"a": 1}, {"a": [0, 1]}),
    ({"a": BIG}, {"a": float(BIG)}),
    ({"a": {"$gt": float(BIG)}}, {"a": BIG + 1}),
    ({"a": [1, 2]}, {"a": [1, 2]}),
    ({"a": [1, 2]}, {"a": [[1, 2]]}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"b": 1.0, "c": 2}}),
    ({"a": {}}, {"a": {}}),
    ({"a": None}, {}),
    ({"a": None}, {"a": None}),
    ({"a": None}, {"a": [1, None]}),
    ({"a": {"$gte": None}}, {}),
    ({"a.b": None}, {"a": 1}),
    ({"a.b": None}, {"a": [{"b": 1}, {}]}),
    ({"a": {"$in": [1, None]}}, {}),
    ({"a": {"$ne": 1}}, {}),
    ({"a": {"$ne": 1}}, {"a": True}),
    ({"a": {"$nin": [1]}}, {"a": [2]}),
    ({"a.b": {"$ne": None}}, {"a": []}),
    ({"a": {"$gt": 1, "$lt": 5}}, {"a": [0, 9]}),  # each by another element
    ({"a": {"$gt": "a"}}, {"a": "b"}),
    ({"a": {"$gt": "\uffff"}}, {"a": "🎉"}),
    ({"a": {"$gt": False}}, {"a": True}),
    ({"a.b": 1}, {"a": {"b": 1}}),
    ({"a.b": 1}, {"a": [{"b": 2}, {"b": [1]}]}),
    ({"a.0": 1}, {"a": [1]}),
    ({"a.0": [1]}, {"a": [[1]]}),
    ({"a.0": 1}, {"a": {"0": 1}}),
    ({"a.0": 1}, {"a": [{"0": 1}]}),
    ({"a.0.b": 1}, {"a": [{"b": 1}]}),
    ({"a.0.b": None}, {"a": [{"b": 1}]}),  # as a name, "0" leads nowhere
    ({"a.0.0": 1}, {"a": [[1]]}),
    ({"a": {"$size": 0}}, {"a": []}),
    ({"a.0": {"$size": 1}}, {"a": [[7]]}),
    ({"a": {"$all": [1, 2]}}, {"a": [2, 1, 3]}),
    ({"a": {"$all": [1]}}, {"a": 1}),
    ({"a": {"$all": [None]}}, {}),
    ({"a": {"$exists": True}}, {"a": None}),
    ({"a": {"$exists": True}}, {"a": []}),
    ({"a.b": {"$exists": False}}, {"a": []}),
    ({"a.b": {"$exists": True}}, {"a": [{}, {"b": 1}]}),
    ({"a": {"$elemMatch": {"$gt": 1, "$lt": 5}}}, {"a": [0, 3]}),
    ({"a": {"$elemMatch": {"$ne": 1}}}, {"a": [1, 2]}),
    ({"a": {"$elemMatch": {"b": 1, "c": 2}}}, {"a": [{"b": 1, "c": 2}]}),
    ({"a": {"$elemMatch": {"$or": [{"b": 1}, {"b": 2}]}}}, {"a": [{"b": 2}]}),
    ({"a": {"$elemMatch": {"0": 5}}}, {"a": [[5]]}),
    ({"a": {"$elemMatch": {"$elemMatch": {"$gt": 1}}}}, {"a": [[2]]}),
    ({"a": {"$elemMatch": {}}}, {"a": [{}]}),
    ({"a": {"$startsWith": "x."}}, {"a": ["y", "x.1"]}),
    ({"a": {"$startsWith": ""}}, {"a": ""}),
    ({"$or": [{"a": 1}, {"b": 1}]}, {"b": 1}),
    ({"$nor": [{"a": 1}, {"b": 1}]}, {"c": 1}),
    ({"_created_at": "2026-03-01T13:00:00+01:00"}, {"_created_at": "2026-03-01T12:00:00.000Z"}),
    ({"_created_at": {"$lt": "2026-03-01T12:00:00.001Z"}}, {"_created_at": "2026-03-01T12:00:00.000Z"}),
]

PASSED_OVER: list[tuple[Any, dict[str, Any]]] = [
    ({"a": 1}, {"a": True}),
    ({"a": True}, {"a": 1}),
    ({"a": 1}, {"a": "1"}),
    ({"a": 1}, {"a": [[1]]}),
    ({"a": BIG + 1}, {"a": float(BIG)}),
    ({"a": {"$gte": BIG + 1}}, {"a": float(BIG)}),
    ({"a": [1, 2]}, {"a": [2, 1]}),
    ({"a": {"b": 1, "c": 2}}, {"a": {"c": 2, "b": 1}}),
    ({"a": {"b": 1}}, {"a": {"b": True}}),
    ({"a": {"b": 1}}, {"a": {"c": 1}}),
    ({"a": {"b": 1}}, {"a": {"b": 1, "c": 1}}),
    ({"a": {}}, {}),
    ({"a": None}, {"a": []}),
    ({"a": {"$gt": None}}, {"a": None}),
    ({"a.b": None}, {"a": []}),
    ({"a.b": None}, {"a": [1]}),
    ({"a": {"$ne": 1}}, {"a": [1, 2]}),
    ({"a": {"$nin": [None]}}, {}),
    ({"a": {"$gt": 1}}, {"a": "2"}),
    ({"a": {"$lt": "b"}}, {"a": 1}),
    ({"a": {"$lte": 1}}, {}),
    ({"a": {"$gt": 0}}, {"a": True}),
    ({"a.0": 1}, {"a": [[1]]}),
    ({"a.00": 1}, {"a": [1]}),
    ({"a.1": 1}, {"a": [1]}),
    ({"a.b": 1}, {"a": [[{"b": 1}]]}),
    ({"a": {"$size": 1}}, {"a": [[1, 2], [3]]}),
    ({"a": {"$size": 0}}, {}),
    ({"a": {"$all": []}}, {"a": []}),
    ({"a": {"$all": [1, 2]}}, {"a": [1]}),
    ({"a": {"$in": []}}, {"a": 1}),
    ({"a": {"$exists": False}}, {"a": None}),
    ({"a": {"$elemMatch": {"$gt": 1, "$lt": 5}}}, {"a": [0, 9]}),
    ({"a": {"$elemMatch": {"$gt": 1}}}, {"a": 3}),
    ({"a": {"$elemMatch": {"$eq": 1}}}, {"a": [[1]]}),
    ({"a": {"$elemMatch": {"b": 1, "c": 2}}}, {"a": [{"b": 1}, {"c": 2}]}),
    ({"a": {"$elemMatch": {"b": 1}}}, {"a": {"b": 1}}),
    ({"a": {"$elemMatch": {}}}, {"a": [1]}),
    ({"a": {"$startsWith": "x."}}, {"a": "xy"}),
    ({"a": {"$startsWith": "x"}}, {"a": "X"}),
    ({"a": {"$startsWith": "x"}}, {"a": "y\nx"}),
    ({"$and": [{"a": 1}, {"b": 1}]}, {"b": 1}),
    ({"$nor": [{"a": 1}, {"b": 1}]}, {"b": 1}),
]


@pytest.mark.parametrize(("found", "document"), FOUND, ids=str)
def test_a_filter_finds_what_mongodb_would(found: Any, document: dict[str, Any]) -> None:
    assert matches(parse_filter(json.dumps(found)), document)


@pytest.mark.parametrize(("found", "document"), PASSED_OVER, ids=str)
def test_a_filter_passes_over_what_mongodb_would(found: Any, document: dict[str, Any]) -> None:
    assert not matches(parse_filter(json.dumps(found)), document)


def test_a_document_that_takes_too_long_is_given_up() -> None:
    """A path of numbers branches at each object of an array."""
    document: Any = 1
    for _ in range(8):
        document = [{"0": document}] * 2
    condition = parse_filter(json.dumps({".".join(["a", *"0" * 16]): 2}))

    with pytest.raises(QueryTooSlow):
        matches(condition, {"a": document}, Budget(seconds=0))
