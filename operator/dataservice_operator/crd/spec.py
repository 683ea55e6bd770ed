"""spec: all that a user can ask of a DataService."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dataservice_operator.crd.api import Api
from dataservice_operator.crd.autoscaling import MAX_REPLICAS, Autoscaling
from dataservice_operator.crd.data import Data
from dataservice_operator.crd.database import Database
from dataservice_operator.crd.disruption_budget import PodDisruptionBudget
from dataservice_operator.crd.ingress import Ingress
from dataservice_operator.crd.model import ApiModel, Rule
from dataservice_operator.crd.monitoring import Monitoring
from dataservice_operator.crd.network_policy import NetworkPolicy
from dataservice_operator.crd.resources import Resources
from dataservice_operator.crd.scheduling import Scheduling
from dataservice_operator.crd.service import Service

Image = Annotated[
    str,
    Field(min_length=1, max_length=512),
    Rule(
        r"self.matches('^\\S*$')",
        "write an image reference without blanks, such as registry.example.com/dataservice:1.2.3",
    ),
]
Config = Annotated[
    Mapping[str, Annotated[str, Field(max_length=32768)]],
    Field(max_length=128),
    Rule(
        "self.all(k, k.matches('^[A-Za-z_][A-Za-z0-9_]*$'))",
        "each key must be an environment variable's name: letters, digits and _, no digit first",
    ),
    Rule(
        "!self.exists(k, k.upperAscii().startsWith('DATASERVICE_'))",
        "names beginning with DATASERVICE_, in whatever case, belong to the operator: use the fields of spec instead",
    ),
]


class DataServiceSpec(ApiModel):
    """What the data API should be."""

    rules: ClassVar = (
        Rule(
            "!has(self.database.embedded) || self.replicas <= 1",
            "an embedded database is one pod's: write replicas: 1, or 0 to stop it",
        ),
        Rule(
            "!has(self.database.embedded) || !has(self.autoscaling)",
            "an embedded database is one pod's: remove autoscaling",
        ),
    )

    database: Database
    """Where the documents are kept."""

    api: Api
    """The REST API: who may call it, and how much one request may ask for."""

    data: Data = Data()
    """What a document looks like (JSON Schema), and the indexes of the collection."""

    image: Image | None = None
    """Image of the service. If not set, the operator's own default is taken when the DataService is first
    seen, recorded in `status.image` and kept, so that upgrading the operator restarts nothing.
    """

    replicas: Annotated[int, Field(ge=0, le=MAX_REPLICAS)] = 1
    """Number of pods. 0 stops the API and keeps everything else. Ignored while `autoscaling` is set."""

    autoscaling: Autoscaling | None = None
    """Scales the pods by load, instead of a fixed number of `replicas`."""

    config: Config = Field(default_factory=dict)
    """Additional environment variables of the service container. A change restarts the pods.
    Example: {TZ: Europe/Berlin}.
    """

    resources: Resources = Resources()
    """CPU and memory of each pod."""

    scheduling: Scheduling = Scheduling()
    """On which nodes the pods run."""

    service: Service = Service()
    """The Kubernetes Service in front of the pods."""

    ingress: Ingress | None = None
    """The API under a host name, from outside the cluster."""

    pod_disruption_budget: PodDisruptionBudget | None = None
    """How many pods a drain of nodes may take at once."""

    network_policy: NetworkPolicy | None = None
    """Who may reach the pods over the network, and what they may reach."""

    monitoring: Monitoring = Monitoring()
    """How Prometheus learns of the pods."""

    suspend: bool = False
    """Whether the operator leaves the children as they are, whatever else the spec says and whoever changes them.
    The pods go on serving, and the status goes on telling. False if not set.
    """

    deletion_policy: Literal["Delete", "Orphan"] = "Delete"
    """What becomes of the children when the DataService is deleted. Delete: they are deleted with it. Orphan:
    they stay, and serve; a DataService of the same name takes them up again. A change holds once
    `status.observedGeneration` has caught up.
    """
