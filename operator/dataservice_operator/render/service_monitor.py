"""The ServiceMonitor, where the spec asks for one."""

from typing import Final

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.metadata import Manifest, child_metadata


def service_monitor(parent: DataService) -> Manifest | None:
    """Names the container's port: the Service need not have it, and so nobody reaches the admin port through it.

    Prometheus finds, behind an endpoint of a Service, also those ports of its pod that the Service does not have.
    """
    if not parent.spec.monitoring.service_monitor:
        return None
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "ServiceMonitor",
        "metadata": child_metadata(parent, parent.metadata.name),
        "spec": {
            "selector": {"matchLabels": names.selector(parent.metadata.name)},
            "endpoints": [
                {
                    "targetPort": names.ADMIN_PORT_NAME,
                    "path": "/metrics",
                    "relabelings": [_NAMED],
                }
            ],
        },
    }


_NAMED: Final = {
    "action": "replace",
    "sourceLabels": ["__meta_kubernetes_service_label_app_kubernetes_io_instance"],
    "targetLabel": "dataservice",
}
"""Each series says which DataService it is of. The action is the default: the API server would write it in."""
