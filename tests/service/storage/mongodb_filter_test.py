import json
from typing import Any

import pytest
from bson import ObjectId

from dataservice.domain.query.parse import parse_filter
from dataservice.storage.mongodb_filter import compiled

OID = "0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("said", "sent"),
    [
        ({}, {}),
        ({"a": 1}, {"a": {"$eq": 1}}),
        ({"a": {"b": 1}}, {"a": {"$eq": {"b": 1}}}),
        ({"a": 1, "b": 2}, {"a": {"$eq": 1}, "b": {"$eq": 2}}),
        ({"a": {"$gt": 1, "$lt": 2}}, {"a": {"$gt": 1, "$lt": 2}}),
        ({"$and": [{"a": 1}, {"a": 2}]}, {"$and": [{"a": {"$eq": 1}}, {"a": {"$eq": 2}}]}),
        ({"$or": [{}, {"a": {"$size": 1}}]}, {"$or": [{}, {"a": {"$size": 1}}]}),
        ({"a": {"$startsWith": "(a+)+$"}}, {"a": {"$regex": r"^\(a\+\)\+\$"}}),
        ({"a": {"$elemMatch": {"b": 1}}}, {"a": {"$elemMatch": {"b": {"$eq": 1}}}}),
        ({"a": {"$elemMatch": {"$in": [1]}}}, {"a": {"$elemMatch": {"$in": [1]}}}),
        ({"_id": OID}, {"_id": {"$in": [OID, ObjectId(OID)]}}),
        (
            {"_id": {"$ne": OID, "$nin": ["a"]}},
            {"$and": [{"_id": {"$nin": [OID, ObjectId(OID)]}}, {"_id": {"$nin": ["a"]}}]},
        ),
        ({"a": OID}, {"a": {"$eq": OID}}),
    ],
    ids=str,
)
def test_a_condition_is_written_with_mongodbs_operators(said: Any, sent: dict[str, Any]) -> None:
    assert compiled(parse_filter(json.dumps(said))) == sent
