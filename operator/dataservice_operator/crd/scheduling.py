"""spec.scheduling: on which nodes the pods run."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from dataservice_operator.crd.data import ATOMIC
from dataservice_operator.crd.model import ApiModel, Rule

LabelKey = Annotated[
    str,
    Field(max_length=317),
    Rule(
        "self == '' || !format.qualifiedName().validate(self).hasValue()",
        "write a label key, such as topology.kubernetes.io/zone",
    ),
]
LabelValue = Annotated[
    str,
    Field(max_length=63),
    Rule(
        "!format.labelValue().validate(self).hasValue()",
        "write a label value: at most 63 letters, digits, '-', '_' and '.'",
    ),
]
NodeSelector = Annotated[
    Mapping[str, LabelValue],
    Field(max_length=32),
    Rule(
        "self.all(k, !format.qualifiedName().validate(k).hasValue())",
        "each key must be a label key, such as kubernetes.io/arch",
    ),
]
PriorityClassName = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Rule(
        "!format.dns1123Subdomain().validate(self).hasValue()",
        "write the name of a PriorityClass: lower-case letters, digits, '-' and '.'",
    ),
]


class Toleration(ApiModel):
    """Lets the pods run on nodes with a matching taint."""

    rules: ClassVar = (
        Rule(
            "(has(self.key) && self.key != '') || (has(self.operator) && self.operator == 'Exists')",
            "a toleration without a key matches every taint: write operator: Exists, or a key",
        ),
        Rule(
            "!(has(self.operator) && self.operator == 'Exists' && has(self.value) && self.value != '')",
            "operator Exists takes no value: remove value, or write operator: Equal",
        ),
        Rule(
            "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')",
            "tolerationSeconds needs effect: NoExecute",
        ),
    )

    key: LabelKey | None = None
    """Key of the taint. Left out with operator Exists: every taint."""

    operator: Literal["Equal", "Exists"] | None = None
    """Equal compares the taint's value, Exists takes any. Equal if not set."""

    value: LabelValue | None = None
    """Value of the taint, with operator Equal."""

    effect: Literal["NoSchedule", "PreferNoSchedule", "NoExecute"] | None = None
    """Effect of the taint. Every effect if not set."""

    toleration_seconds: Annotated[int, Field(ge=0)] | None = None
    """How long, in seconds, a pod stays after a NoExecute taint appeared. For ever if not set."""


class TopologySpreadConstraint(ApiModel):
    rules: ClassVar = (
        Rule(
            "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'",
            "minDomains needs whenUnsatisfiable: DoNotSchedule",
        ),
    )

    max_skew: Annotated[int, Field(ge=1, le=1000)]
    """By how many pods the fullest group may be ahead of the emptiest. Example: 1."""

    topology_key: Annotated[LabelKey, Field(min_length=1)]
    """Node label that makes the groups. Example: topology.kubernetes.io/zone."""

    when_unsatisfiable: Literal["DoNotSchedule", "ScheduleAnyway"]
    """Whether a pod that would break the constraint waits (DoNotSchedule) or runs all the same."""

    min_domains: Annotated[int, Field(ge=1, le=1000)] | None = None
    """Fewest groups to spread over, with whenUnsatisfiable: DoNotSchedule."""

    node_affinity_policy: Literal["Honor", "Ignore"] | None = None
    """Whether nodes that affinity and nodeSelector rule out are left out. Honor if not set."""

    node_taints_policy: Literal["Honor", "Ignore"] | None = None
    """Whether nodes with taints that the pods do not tolerate are left out. Ignore if not set."""


SpreadConstraints = Annotated[
    tuple[TopologySpreadConstraint, ...],
    Field(max_length=8),
    Rule(
        "self.all(a, self.exists_one(b, "
        "a.topologyKey == b.topologyKey && a.whenUnsatisfiable == b.whenUnsatisfiable))",
        "write one constraint for each topologyKey and whenUnsatisfiable: remove the repeated one",
    ),
]


class Scheduling(ApiModel):
    """On which nodes the pods run."""

    node_selector: NodeSelector = Field(default_factory=dict)
    """Labels that a node must have. Example: {kubernetes.io/arch: amd64}."""

    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=32)] = ()
    """Taints of nodes that the pods tolerate, as in a pod."""

    affinity: Annotated[Mapping[str, Any] | None, Field(json_schema_extra=ATOMIC)] = None
    """Affinity of the pods, written as in a pod (`kubectl explain pod.spec.affinity`). The API server checks
    it when the operator writes the Deployment: what is wrong in it shows in the condition Ready.
    """

    topology_spread_constraints: SpreadConstraints = ()
    """How the pods are spread over nodes, zones or other groups of nodes, instead of the operator's own
    choice. As in a pod, but without `labelSelector`: the operator fills in that of this DataService's pods.
    """

    priority_class_name: PriorityClassName | None = None
    """PriorityClass of the pods. Example: business-critical."""
