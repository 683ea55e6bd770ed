"""Annotations that a user gives an object of ours."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from dataservice_operator.crd.model import Rule

Annotations = Annotated[
    Mapping[str, Annotated[str, Field(max_length=8192)]],
    Field(max_length=64),
    Rule(
        "self.all(k, !format.qualifiedName().validate(k.lowerAscii()).hasValue())",
        "each key must be an annotation key, such as example.com/owner",
    ),
]
