"""The Service in front of the pods."""

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.metadata import Manifest, child_metadata


def service(parent: DataService) -> Manifest:
    wanted = parent.spec.service
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": child_metadata(parent, parent.metadata.name, wanted.annotations),
        "spec": {
            "type": wanted.type,
            "selector": names.selector(parent.metadata.name),
            "ports": [
                {
                    "name": "http",
                    "port": wanted.port,
                    "protocol": "TCP",
                    "targetPort": "http",
                    "appProtocol": "http",
                }
            ],
        },
    }


def url(parent: DataService) -> str:
    """Address of the API inside the cluster."""
    port = parent.spec.service.port
    host = f"{parent.metadata.name}.{parent.metadata.namespace}.svc"
    return f"http://{host}" if port == 80 else f"http://{host}:{port}"  # noqa: PLR2004 - HTTP's own port
