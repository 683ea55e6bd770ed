"""The Ingress, where the spec asks for one."""

from typing import Any

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render.metadata import Manifest, child_metadata


def ingress(parent: DataService) -> Manifest | None:
    wanted = parent.spec.ingress
    if wanted is None:
        return None
    backend = {"service": {"name": parent.metadata.name, "port": {"name": "http"}}}
    path = {"path": wanted.path, "pathType": "Prefix", "backend": backend}
    spec: dict[str, Any] = {"rules": [{"host": wanted.host, "http": {"paths": [path]}}]}
    if wanted.class_name is not None:
        spec["ingressClassName"] = wanted.class_name
    if wanted.tls_secret is not None:
        spec["tls"] = [{"hosts": [wanted.host], "secretName": wanted.tls_secret}]
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "Ingress",
        "metadata": child_metadata(parent, parent.metadata.name, wanted.annotations),
        "spec": spec,
    }
