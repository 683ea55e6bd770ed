"""Each conversion from Pydantic's JSON Schema to a structural schema."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import Field, create_model

from dataservice_operator.crd.model import VALIDATIONS, ApiModel, Rule
from dataservice_operator.crd.structural import NotStructuralError, structural


class Inner(ApiModel):
    """What it is."""

    size: int = 3


class Left(ApiModel):
    left: int


class Right(ApiModel):
    right: int


class Node(ApiModel):
    child: "Node | None" = None


class Tree(ApiModel):
    root: Node | None = None


class Ordered(ApiModel):
    rules: ClassVar = (Rule("self.a <= self.b", "a is at most b"),)

    a: int
    b: int


def converted(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """The structural schema of one field of that type."""
    model = create_model("Model", __base__=ApiModel, field=(annotation, default))
    field: dict[str, Any] = structural(model.model_json_schema())["properties"]["field"]
    return field


INNER = {
    "type": "object",
    "description": "What it is.",
    "properties": {"size": {"type": "integer", "default": 3}},
}


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        pytest.param(str, {"type": "string"}, id="a string is a string, without a title"),
        pytest.param(Inner, INNER, id="a reference is inlined"),
        pytest.param(Inner | None, INNER, id="an optional model is the model"),
        pytest.param(int | None, {"type": "integer"}, id="an optional value is the value"),
        pytest.param(
            Annotated[int, Field(ge=1, le=5)] | None,
            {"type": "integer", "minimum": 1, "maximum": 5},
            id="an optional value keeps its bounds",
        ),
        pytest.param(
            Literal["A", "B"], {"type": "string", "enum": ["A", "B"]}, id="literals are an enumeration"
        ),
        pytest.param(Literal["A"], {"type": "string", "enum": ["A"]}, id="so is a single literal"),
        pytest.param(
            Annotated[int, Field(gt=0, lt=9)],
            {
                "type": "integer",
                "minimum": 0,
                "exclusiveMinimum": True,
                "maximum": 9,
                "exclusiveMaximum": True,
            },
            id="an exclusive bound is a bound and a flag",
        ),
        pytest.param(int | str, {"x-kubernetes-int-or-string": True}, id="a number or text is int-or-string"),
        pytest.param(int | str | None, {"x-kubernetes-int-or-string": True}, id="an optional one as well"),
        pytest.param(
            Mapping[str, int],
            {"type": "object", "additionalProperties": {"type": "integer"}},
            id="a map has typed values",
        ),
        pytest.param(
            Mapping[str, Any],
            {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
            id="a map to anything keeps unknown fields",
        ),
        pytest.param(Any, {"x-kubernetes-preserve-unknown-fields": True}, id="anything is kept as it is"),
        pytest.param(
            tuple[str, ...], {"type": "array", "items": {"type": "string"}}, id="a sequence has typed items"
        ),
        pytest.param(
            tuple[Inner, ...],
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {"size": {"type": "integer"}},
                },
            },
            id="items have neither defaults nor a description",
        ),
        pytest.param(
            Annotated[str, Rule("self != ''", "write something")] | None,
            {"type": "string", VALIDATIONS: [{"rule": "self != ''", "message": "write something"}]},
            id="a rule of an optional value stays",
        ),
    ],
)
def test_converts(annotation: Any, schema: dict[str, Any]) -> None:
    assert converted(annotation) == schema


@pytest.mark.parametrize(
    ("annotation", "default", "stored"),
    [
        pytest.param(int, 1, {"default": 1}, id="a number is stored"),
        pytest.param(bool, False, {"default": False}, id="false is stored"),
        pytest.param(str, "ClusterIP", {"default": "ClusterIP"}, id="a text is stored"),
        pytest.param(int | None, None, {}, id="nothing is not stored"),
        pytest.param(Inner, Inner(), {}, id="an object is not stored"),
        pytest.param(tuple[int, ...], (), {}, id="a list is not stored"),
    ],
)
def test_only_scalar_defaults_reach_the_api_server(
    annotation: Any, default: Any, stored: dict[str, Any]
) -> None:
    schema = converted(annotation, default)
    assert {name: value for name, value in schema.items() if name == "default"} == stored


def test_a_union_of_models_is_optional_siblings_and_a_rule() -> None:
    assert converted(Left | Right) == {
        "type": "object",
        "properties": {"left": {"type": "integer"}, "right": {"type": "integer"}},
        VALIDATIONS: [
            {
                "rule": "(has(self.left) ? 1 : 0) + (has(self.right) ? 1 : 0) == 1",
                "message": "write exactly one of left, right",
            }
        ],
    }


def test_a_models_rules_and_its_fields_stand_together() -> None:
    outer = Annotated[Ordered, Rule("self.a > 0", "a is positive")]
    messages = [rule["message"] for rule in converted(outer)[VALIDATIONS]]
    assert messages == ["a is at most b", "a is positive"]


def test_a_fields_docstring_comes_before_its_models_and_loses_its_line_breaks() -> None:
    class Model(ApiModel):
        field: Inner
        """How big
        it is.

        In metres.
        """

    assert (
        structural(Model.model_json_schema())["properties"]["field"]["description"]
        == "How big it is.\n\nIn metres."
    )


def test_required_fields_are_those_without_a_default() -> None:
    assert structural(Ordered.model_json_schema())["required"] == ["a", "b"]


@pytest.mark.parametrize(
    ("schema", "advice"),
    [
        pytest.param({"prefixItems": []}, "a tuple of fixed length", id="a tuple"),
        pytest.param(
            {"type": "string", "contentEncoding": "base64"}, "contentEncoding", id="an unknown keyword"
        ),
        pytest.param(
            {"properties": {}, "additionalProperties": {"type": "string"}},
            "additionalProperties beside properties",
            id="free fields beside named ones",
        ),
        pytest.param(
            {"anyOf": [{"type": "integer"}, {"type": "boolean"}]},
            "a union is",
            id="a union of scalars",
        ),
        pytest.param(
            {"anyOf": [{"type": "integer", "minimum": 1}, {"type": "string"}]},
            "a union is",
            id="a number or text with bounds of one",
        ),
        pytest.param(Node.model_json_schema(), "contains itself", id="a model that contains itself"),
        pytest.param(Tree.model_json_schema(), "contains itself", id="one that does so further down"),
    ],
)
def test_refuses_what_has_no_structural_form(schema: dict[str, Any], advice: str) -> None:
    with pytest.raises(NotStructuralError, match=advice):
        structural(schema)
