from typing import Any

import pytest

from dataservice.domain.query.sort import BY_ID, SortField, canonical, key, parse_sort
from dataservice.errors import InvalidSort

SCHEMA: dict[str, Any] = {
    "required": ["sku", "size", "colour", "lines", "any", "maybe", "gone", "_odd"],
    "properties": {
        "sku": {"type": "string"},
        "size": {"type": ["number", "null"]},
        "colour": {"enum": ["red", 3]},
        "lines": {"type": "array"},
        "any": True,
        "maybe": {"type": ["string", "object"]},
        "loose": {"type": "string"},
        "_odd": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    ("text", "sort"),
    [
        ("_id", "_id"),
        ("-_id", "-_id"),
        ("sku", "sku,_id"),
        ("-sku,size", "-sku,size,_id"),
        ("colour,-_created_at", "colour,-_created_at,_id"),
        ("sku,-_id,size", "sku,-_id"),
    ],
)
def test_a_sort_ends_with_the_id(text: str, sort: str) -> None:
    assert canonical(parse_sort(text, SCHEMA)) == sort


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "-",
            "--sku",
            "+sku",
            "sku,",
            "sku,-sku",
            "loose",
            "lines",
            "any",
            "maybe",
            "gone",
            "_odd",
            "_request",
        ),
        *("sku.x", "$where", "SKU", "_id.x", "\udcff", "sku," * 9 + "sku"),
    ],
)
def test_a_sort_by_what_some_document_may_lack_is_refused(text: str) -> None:
    with pytest.raises(InvalidSort):
        parse_sort(text, SCHEMA)


ASCENDING: list[Any] = [[], None, -(2**63), -1.5, 0, 2**53, 2**53 + 1, 1e300, "", "A", "a", "\uffff", "🎉"]
ASCENDING += [{}, {"a": 1}, {"b": 1}, {"b": 1, "c": 1}, {"a": "x"}, [[]], [[1]], False, True]


@pytest.mark.parametrize("descending", [False, True])
def test_values_of_all_types_are_in_the_order_of_mongodb(*, descending: bool) -> None:
    sort = (SortField("a", descending), *BY_ID)
    documents = [{"a": each, "_id": "x"} for each in (ASCENDING if descending else reversed(ASCENDING))]

    places = sorted(documents, key=lambda each: key(each, sort), reverse=descending)

    assert [each["a"] for each in places] == ASCENDING


def test_an_array_is_sorted_by_its_least_and_in_descending_order_by_its_greatest_element() -> None:
    document = {"a": [5, "x", 3], "_id": "i"}

    assert key(document, (SortField("a"), *BY_ID)).values == [[3], ["i"]]
    assert key(document, (SortField("a", descending=True), *BY_ID)).values == [["x"], ["i"]]
    assert key({"_id": "i"}, (SortField("a"), *BY_ID)).values == [[None], ["i"]]
