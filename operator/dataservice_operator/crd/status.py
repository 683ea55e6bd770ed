"""status: what the operator has seen and done."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from dataservice_operator.crd.model import ApiModel

ConditionStatus = Literal["True", "False", "Unknown"]

NEVER_OBSERVED = -1
"""observedGeneration of a resource not seen yet: without it kstatus takes a new one for ready."""


class Condition(ApiModel):
    """One aspect of the state, as `metav1.Condition`."""

    model_config = ConfigDict(extra="ignore")

    type: Annotated[str, Field(min_length=1, max_length=316)]
    """Name of the condition: Ready, Reconciling, Stalled, Available, Progressing,
    DatabaseReachable or Suspended.
    """

    status: ConditionStatus
    """Whether it holds: True, False or Unknown."""

    reason: Annotated[str, Field(min_length=1, max_length=1024)]
    """Cause in one word, for programs."""

    message: Annotated[str, Field(max_length=32768)]
    """Cause in a sentence, for people, with what to do about it."""

    last_transition_time: Annotated[str, Field(json_schema_extra={"format": "date-time"})]
    """When `status` last changed."""

    observed_generation: Annotated[int, Field(ge=0)] | None = None
    """`metadata.generation` that this condition speaks of."""


class DataServiceStatus(ApiModel):
    """What the operator has seen and done."""

    # A newer operator may have written more, before it was rolled back to this one.
    model_config = ConfigDict(extra="ignore")

    observed_generation: Annotated[int, Field(ge=-1)] = NEVER_OBSERVED
    """`metadata.generation` that the operator has acted on last; -1 before the first time. While it is below
    `metadata.generation`, the rest of the status speaks of an older spec.
    """

    conditions: Annotated[
        tuple[Condition, ...],
        Field(
            max_length=32,
            json_schema_extra={"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["type"]},
        ),
    ] = ()
    """State in detail. `Ready` sums it up: `kubectl wait --for=condition=Ready dataservice/orders`."""

    replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods that exist now."""

    ready_replicas: Annotated[int, Field(ge=0)] | None = None
    """Pods that answer requests now."""

    selector: str | None = None
    """Label selector of the pods, as `kubectl get pods -l` takes it."""

    url: str | None = None
    """Address of the API inside the cluster. Example: http://orders.shop.svc."""

    image: str | None = None
    """Image that the pods run."""
