"""spec.resources: CPU and memory of each pod."""

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Final

from pydantic import AfterValidator, Field

from dataservice_operator.crd.model import ApiModel, Rule

_SHORT: Final = "^[+-]?[0-9.]{1,18}([numkMGTPE]|[KMGTPE]i|[eE][+-]?[0-9]{1,2})?$"
"""1e999999999 would be worked out to its last digit, by the API server as well, and what is above 2^63 is stored as
something else.
"""


def is_quantity(value: str) -> str:
    """In CEL: whether `value` is a quantity whose number is short."""
    return f"string({value}).matches('{_SHORT}') && isQuantity(string({value}))"


def _short(value: int | str) -> int | str:
    """What an older CRD has let in is refused here."""
    if re.fullmatch(_SHORT, str(value)) is None:
        raise ValueError("write a quantity of 18 digits at most, such as 250m or 128Mi")
    return value


QuantityText = Annotated[int | str, Field(json_schema_extra={"maxLength": 64}), AfterValidator(_short)]
Quantity = Annotated[
    QuantityText,
    Rule(
        f"{is_quantity('self')} && !quantity(string(self)).isLessThan(quantity('0')) "
        "&& !quantity(string(self)).isGreaterThan(quantity('1Ei'))",
        "write a quantity from 0 to 1Ei, of 18 digits at most, such as 250m for CPU or 128Mi for memory",
    ),
]
Quantities = Annotated[
    Mapping[str, Quantity],
    Field(max_length=16),
    Rule(
        "self.all(k, k in ['cpu', 'memory', 'ephemeral-storage'] || "
        "k.contains('/') || k.startsWith('hugepages-'))",
        "write cpu, memory or ephemeral-storage, or the full name of an extended resource",
    ),
]


class Resources(ApiModel):
    """CPU and memory of the service container."""

    rules: ClassVar = (
        Rule(
            "!has(self.requests) || !has(self.limits) || self.requests.all(k, !(k in self.limits) || "
            f"!({is_quantity('self.requests[k]')}) || !({is_quantity('self.limits[k]')}) || "
            "!quantity(string(self.requests[k])).isGreaterThan(quantity(string(self.limits[k]))))",
            "a request may not be above its limit: raise the limit or lower the request",
        ),
    )

    requests: Quantities = Field(default_factory=dict)
    """What a node must have free to take a pod. Without a word on CPU it is 100m, since autoscaling reckons
    in percent of it; without a word on memory, neither here nor in `limits`, 128Mi.
    Example: {cpu: 250m, memory: 128Mi}.
    """

    limits: Quantities = Field(default_factory=dict)
    """What a pod may use at most: more CPU is throttled, more memory ends the container. Without a word on
    memory, neither here nor in `requests`, 512Mi. Example: {memory: 256Mi}.
    """
