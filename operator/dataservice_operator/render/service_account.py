"""An identity of its own for the pods, with no token: the service never talks to Kubernetes."""

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render.metadata import Manifest, child_metadata


def service_account(parent: DataService) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "metadata": child_metadata(parent, parent.metadata.name),
        "automountServiceAccountToken": False,
    }
