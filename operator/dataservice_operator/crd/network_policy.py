"""spec.networkPolicy: who may reach the pods, and what they may reach."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dataservice_operator.crd.model import ApiModel, Rule
from dataservice_operator.crd.scheduling import LabelKey, LabelValue

Cidr = Annotated[
    str,
    Field(max_length=43),
    Rule(
        "isCIDR(self) && cidr(self) == cidr(self).masked()",
        "write a range of addresses, such as 10.1.0.0/16 or 2001:db8::/32, with no bit set after the prefix",
    ),
]
Labels = Annotated[
    Mapping[str, LabelValue],
    Field(max_length=8),
    Rule(
        "self.all(k, !format.qualifiedName().validate(k).hasValue())",
        "each key must be a label key, such as app.kubernetes.io/name",
    ),
]
PortNumber = Annotated[int, Field(ge=1, le=65535)]


class LabelRequirement(ApiModel):
    rules: ClassVar = (
        Rule(
            "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 "
            ": !has(self.values) || size(self.values) == 0",
            "operator In and NotIn need values, Exists and DoesNotExist take none",
        ),
    )

    key: Annotated[LabelKey, Field(min_length=1)]
    """Key of the label."""

    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """How the label's value stands to `values`."""

    values: Annotated[tuple[LabelValue, ...], Field(max_length=8)] = ()
    """Values, with operator In or NotIn."""


class LabelSelector(ApiModel):
    """Labels that are asked for. All must fit; empty takes everything."""

    match_labels: Labels = Field(default_factory=dict)
    """Labels and their values. Example: {app.kubernetes.io/name: shop}."""

    match_expressions: Annotated[tuple[LabelRequirement, ...], Field(max_length=4)] = ()
    """Requirements that say more than equality."""


class IPBlock(ApiModel):
    """A range of addresses."""

    cidr: Cidr
    """The range. Example: 10.1.0.0/16."""

    except_: Annotated[tuple[Cidr, ...], Field(alias="except", max_length=8)] = ()
    """Parts of it that do not count: smaller ranges inside of it. One that is not is refused when the operator
    writes the policy, and shows in the condition Ready.
    """


class Peer(ApiModel):
    """Pods or addresses, as in a NetworkPolicy."""

    rules: ClassVar = (
        Rule(
            "has(self.ipBlock) != (has(self.podSelector) || has(self.namespaceSelector))",
            "write either ipBlock, or podSelector and namespaceSelector, or one of these two",
        ),
    )

    pod_selector: LabelSelector | None = None
    """Pods by their labels: of the namespaces that `namespaceSelector` takes, without it of the
    DataService's own.
    """

    namespace_selector: LabelSelector | None = None
    """Namespaces by their labels. Each has `kubernetes.io/metadata.name`, its name."""

    ip_block: IPBlock | None = None
    """A range of addresses, best outside of the cluster."""


Peers = Annotated[tuple[Peer, ...], Field(min_length=1, max_length=8)]


class PortRange(ApiModel):
    rules: ClassVar = (
        Rule("!has(self.endPort) || self.endPort >= self.port", "write an endPort that is not below port"),
    )

    port: PortNumber
    """The port, or the first of a range. Example: 27017."""

    end_port: PortNumber | None = None
    """Last port of a range."""

    protocol: Literal["TCP", "UDP", "SCTP"] | None = None
    """Protocol of the port. TCP if not set."""


class Outgoing(ApiModel):
    to: Peers | None = None
    """Whom the pods may call. Anyone if not set."""

    ports: Annotated[tuple[PortRange, ...], Field(min_length=1, max_length=8)] | None = None
    """On which ports. On each if not set."""


class NetworkPolicy(ApiModel):
    """A NetworkPolicy for the pods. It has the name of the DataService. It takes a network plug-in that
    enforces such policies to have an effect.
    """

    enabled: bool
    """Whether there is one. Removed when this turns false."""

    from_: Annotated[Peers | None, Field(alias="from")] = None
    """Who may call the API on the pods' port 8000. With `ingress`, the controller's pods must be among
    them. Anyone if not set: the API is there to be called. The admin port 9090 is open to the operator and to
    monitoring in any case, and to nobody else.
    """

    egress: Annotated[tuple[Outgoing, ...], Field(min_length=1, max_length=8)] | None = None
    """What the pods may call, DNS aside, which is always allowed. If not set, the ports 27017 (MongoDB) and 443
    anywhere. Example: [{to: [{ipBlock: {cidr: 10.1.0.0/16}}], ports: [{port: 27017}]}].
    """
