"""spec.ingress: the API under a host name, from outside the cluster."""

from typing import Annotated

from pydantic import Field

from dataservice_operator.crd.annotations import Annotations
from dataservice_operator.crd.model import ApiModel, Rule

Host = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Rule(
        "!format.dns1123Subdomain().validate(self.startsWith('*.') ? self.substring(2) : self).hasValue()",
        "write a host name in lower case, such as orders.example.com or *.example.com",
    ),
]
ObjectName = Annotated[
    str,
    Field(min_length=1, max_length=253),
    Rule(
        "!format.dns1123Subdomain().validate(self).hasValue()",
        "write an object's name: lower-case letters, digits, '-' and '.'",
    ),
]
PathPrefix = Annotated[
    str,
    Field(min_length=1, max_length=1024),
    Rule(
        r"self.matches('^/[^\\s]*$') && !self.contains('//') && !self.contains('/./') && !self.contains('/../') "
        "&& !self.endsWith('/.') && !self.endsWith('/..') && !self.lowerAscii().contains('%2f')",
        "write a path that begins with / and has no empty, '.' or '..' part, such as /orders",
    ),
]


class Ingress(ApiModel):
    """An Ingress in front of the Service. It has the name of the DataService. Removed with this part."""

    host: Host
    """Host name under which the API is reached. Example: orders.example.com."""

    class_name: ObjectName | None = None
    """IngressClass that serves it. The cluster's default if not set. Example: nginx."""

    tls_secret: ObjectName | None = None
    """Secret with the certificate for `host`, of type kubernetes.io/tls, in the same namespace. Without it
    the API is reached without TLS.
    """

    annotations: Annotations = Field(default_factory=dict)
    """Annotations of the Ingress, for example those that its controller or cert-manager reads."""

    path: PathPrefix = "/"
    """Requests whose path begins with it are the API's. The pods get the path as it is: a prefix other than /
    needs a controller that takes it away again. Example: /.
    """
