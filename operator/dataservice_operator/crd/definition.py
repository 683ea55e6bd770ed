"""The CustomResourceDefinition of DataService, made from the models."""

from typing import Any

from dataservice_operator.crd.model import VALIDATIONS, Rule
from dataservice_operator.crd.resource import GROUP, KIND, PLURAL, SHORT_NAME, SINGULAR, VERSION
from dataservice_operator.crd.spec import DataServiceSpec
from dataservice_operator.crd.status import NEVER_OBSERVED, DataServiceStatus
from dataservice_operator.crd.structural import Schema, structural
from dataservice_operator.crd.wording import explained

NAME = f"{PLURAL}.{GROUP}"
MAX_NAME_LENGTH = 52
"""The longest name of a child, `<name>-<hash>` and a pod's suffix, must fit a DNS label of 63 characters."""

NAME_RULES = (
    Rule(
        "self.metadata.name.matches('^[a-z]([-a-z0-9]*[a-z0-9])?$')",
        "metadata.name becomes a Service's name: write lower-case letters, digits and '-', "
        "a letter first and no '-' at the end",
    ),
    Rule(
        f"size(self.metadata.name) <= {MAX_NAME_LENGTH}",
        f"metadata.name is too long: write at most {MAX_NAME_LENGTH} characters",
    ),
)

DESCRIPTION = """\
A REST API for the documents of one database collection: POST and GET /data, kept running by the operator as a
Deployment with its Service, ConfigMap and, with autoscaling, HorizontalPodAutoscaler.
"""


def definition() -> dict[str, Any]:
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": NAME},
        "spec": {
            "group": GROUP,
            "scope": "Namespaced",
            "names": {
                "kind": KIND,
                "listKind": f"{KIND}List",
                "plural": PLURAL,
                "singular": SINGULAR,
                "shortNames": [SHORT_NAME],
            },
            "versions": [_version()],
        },
    }


def _version() -> dict[str, Any]:
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "additionalPrinterColumns": _printer_columns(),
        "subresources": {
            "status": {},
            "scale": {
                "specReplicasPath": ".spec.replicas",
                "statusReplicasPath": ".status.replicas",
                "labelSelectorPath": ".status.selector",
            },
        },
        "schema": {"openAPIV3Schema": explained(resource_schema())},
    }


def resource_schema() -> Schema:
    """The structural schema of a whole DataService."""
    status = structural(DataServiceStatus.model_json_schema())
    return {
        "description": " ".join(DESCRIPTION.split()),
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"type": "string"},
            "kind": {"type": "string"},
            "metadata": {"type": "object"},
            "spec": structural(DataServiceSpec.model_json_schema()),
            "status": {**status, "default": {"observedGeneration": NEVER_OBSERVED}},
        },
        VALIDATIONS: [rule.manifest() for rule in NAME_RULES],
    }


def _printer_columns() -> list[dict[str, Any]]:
    ready = '.status.conditions[?(@.type=="Ready")]'
    return [
        _column("Ready", "string", f"{ready}.status", "Whether the API answers as the spec asks."),
        _column("Reason", "string", f"{ready}.reason", "Why it is ready, or not."),
        _column("Replicas", "integer", ".status.replicas", "Pods that exist."),
        _column("Available", "integer", ".status.readyReplicas", "Pods that answer requests."),
        {**_column("URL", "string", ".status.url", "Address inside the cluster."), "priority": 1},
        {**_column("Image", "string", ".status.image", "Image of the pods."), "priority": 1},
        _column("Age", "date", ".metadata.creationTimestamp", "Time since it was created."),
    ]


def _column(name: str, kind: str, path: str, description: str) -> dict[str, Any]:
    return {"name": name, "type": kind, "jsonPath": path, "description": description}
