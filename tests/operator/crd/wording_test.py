"""Bounds and defaults in words."""

from typing import Any

import pytest

from dataservice_operator.crd.wording import bounds, explained


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({"minimum": 0, "maximum": 9}, "0 to 9"),
        ({"minimum": 0}, "at least 0"),
        ({"maxItems": 8}, "at most 8 items"),
        ({"minLength": 1, "maxLength": 63}, "1 to 63 characters"),
        ({"maxProperties": 128}, "at most 128 entries"),
        ({"type": "string"}, ""),
    ],
)
def test_bounds_in_words(schema: dict[str, Any], words: str) -> None:
    assert bounds(schema) == words


def test_bounds_and_default_follow_the_description() -> None:
    schema = {"type": "integer", "description": "How many.", "minimum": 0, "maximum": 9, "default": 1}
    assert explained(schema)["description"] == "How many. Bounds: 0 to 9. Default: 1."


def test_the_length_of_a_text_is_left_to_the_refusal() -> None:
    schema = {"type": "string", "description": "A name.", "minLength": 1, "maxLength": 63}
    assert explained(schema) == schema


def test_fields_of_objects_and_of_items_are_explained() -> None:
    size = {"type": "integer", "description": "How big.", "minimum": 1}
    schema = {"type": "array", "items": {"type": "object", "properties": {"size": size}}}
    assert explained(schema)["items"]["properties"]["size"]["description"] == "How big. Bounds: at least 1."
