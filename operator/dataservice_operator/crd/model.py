"""What every part of the resource has in common: frozen values, camelCase names, rules for admission."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler
from pydantic.alias_generators import to_camel
from pydantic_core import CoreSchema

VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True)
class Rule:
    """A condition that only the API server checks, in CEL, and the sentence a user reads when it fails.

    It is annotated to a field's type, or listed in `rules` of a model. Nothing checks it in Python: what the
    operator reads has passed admission.
    """

    cel: str
    message: str

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        _add_rules(schema, [self])
        return schema

    def manifest(self) -> dict[str, str]:
        return {"rule": self.cel, "message": self.message}


class ApiModel(BaseModel):
    """A frozen part of the resource, named in camelCase. A field's docstring is its public description."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        use_attribute_docstrings=True,
    )

    rules: ClassVar[tuple[Rule, ...]] = ()

    def __deepcopy__(self, memo: dict[int, Any] | None = None) -> Self:
        """A frozen value is its own copy: Pydantic would copy each default for each resource that it reads."""
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        schema = handler(core)
        _add_rules(handler.resolve_ref_schema(schema), cls.rules)
        return schema


def _add_rules(schema: dict[str, Any], rules: Sequence[Rule]) -> None:
    """Pydantic hands over a schema of its own making to be completed in place."""
    if rules:
        schema.setdefault(VALIDATIONS, []).extend(rule.manifest() for rule in rules)
