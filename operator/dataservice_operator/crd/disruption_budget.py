"""spec.podDisruptionBudget: how many pods a drain of nodes may take at once."""

from typing import Annotated, ClassVar

from pydantic import Field

from dataservice_operator.crd.model import ApiModel, Rule

Pods = Annotated[
    int | str,
    Field(json_schema_extra={"maxLength": 4}),
    Rule(
        "type(self) == int ? self >= 0 && self <= 1000 : self.matches('^([0-9]|[1-9][0-9]|100)%$')",
        "write a number of pods such as 1, or a share of them such as 50%",
    ),
]


class PodDisruptionBudget(ApiModel):
    """A PodDisruptionBudget for the pods. It has the name of the DataService. Removed with this part."""

    rules: ClassVar = (
        Rule(
            "has(self.minAvailable) != has(self.maxUnavailable)",
            "write either minAvailable or maxUnavailable",
        ),
    )

    min_available: Pods | None = None
    """Pods that stay, whoever drains a node. With as many as there are replicas no drain ever ends."""

    max_unavailable: Pods | None = None
    """Pods that may be missing at once. Example: 1."""
