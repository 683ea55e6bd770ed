"""spec.service: how the API is reached inside, and from outside, the cluster."""

from typing import Annotated, Literal

from pydantic import Field

from dataservice_operator.crd.annotations import Annotations
from dataservice_operator.crd.model import ApiModel


class Service(ApiModel):
    """The Service in front of the pods. It has the name of the DataService."""

    type: Literal["ClusterIP", "NodePort", "LoadBalancer"] = "ClusterIP"
    """ClusterIP: reached inside the cluster. NodePort: on a port of every node as well. LoadBalancer: by an
    address of the cloud as well.
    """

    port: Annotated[int, Field(ge=1, le=65535)] = 80
    """Port of the Service. The pods themselves listen on 8000."""

    annotations: Annotations = Field(default_factory=dict)
    """Annotations of the Service, for example those that a cloud's load balancer reads."""
