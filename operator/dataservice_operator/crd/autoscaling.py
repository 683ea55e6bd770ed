"""spec.autoscaling: how many pods, decided by load."""

from typing import Annotated, ClassVar

from pydantic import Field

from dataservice_operator.crd.model import ApiModel, Rule

MAX_REPLICAS = 1000

Percentage = Annotated[int, Field(ge=1, le=1000)]


class Autoscaling(ApiModel):
    """A HorizontalPodAutoscaler scales the pods by load; `spec.replicas` is then ignored."""

    rules: ClassVar = (
        Rule(
            "self.minReplicas <= self.maxReplicas",
            "maxReplicas must be at least minReplicas: raise maxReplicas or lower minReplicas",
        ),
    )

    min_replicas: Annotated[int, Field(ge=1, le=MAX_REPLICAS)] = 1
    """Fewest pods, also without any load. Two or more keep the API up while a node is drained."""

    max_replicas: Annotated[int, Field(ge=1, le=MAX_REPLICAS)]
    """Most pods, however high the load. At least minReplicas."""

    target_cpu_utilization_percentage: Annotated[
        Percentage | None, Field(alias="targetCPUUtilizationPercentage")
    ] = None
    """CPU use to aim for, in percent of the pods' CPU request (`spec.resources.requests.cpu`), averaged over
    the pods. Pods are added above it and removed below it. With neither target set it is 70.
    """

    target_memory_utilization_percentage: Percentage | None = None
    """Memory use to aim for, in percent of the pods' memory request (`spec.resources.requests.memory`),
    averaged over the pods. With both targets set, the one that asks for more pods decides. Example: 80.
    """
