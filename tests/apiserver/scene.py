"""One namespace, an operator that watches it, and what a test looks at there."""

import json
from typing import Any, Final

from dataservice_operator.cluster.kinds import (
    CHILDREN,
    HORIZONTAL_POD_AUTOSCALER,
    POD_DISRUPTION_BUDGET,
    SECRET,
)
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl
from tests.support.operator_process import OperatorProcess

SELECTOR: Final = "--selector=app.kubernetes.io/managed-by=dataservice-operator"
_TOLD_AGAIN: Final = (HORIZONTAL_POD_AUTOSCALER.name, POD_DISRUPTION_BUDGET.name)
_EVERY_KIND: Final = ",".join(kind.plural for kind in (*CHILDREN, SECRET))


class Scene:
    """One namespace, one operator that watches it, and what a test looks at there."""

    def __init__(self, kubectl: Kubectl, namespace: str, operator: OperatorProcess) -> None:
        self.kubectl = kubectl
        self.namespace = namespace
        self.operator = operator

    def apply(self, **changes: Any) -> None:
        self("apply", "--filename=-", manifest=smallest(**changes))

    def __call__(self, *arguments: str, manifest: Any = None) -> str:
        return self.kubectl(f"--namespace={self.namespace}", *arguments, manifest=manifest)

    def get(self, *what: str) -> dict[str, Any]:
        """The object, empty when it is not there."""
        text = self("get", "--ignore-not-found", "--output=json", *what)
        found: dict[str, Any] = json.loads(text) if text else {}
        return found

    def list(self, *what: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self.kubectl.json(f"--namespace={self.namespace}", "get", *what)[
            "items"
        ]
        return items

    def children(self) -> dict[str, Any]:
        """By kind and name, of everything the operator made, what differs once anyone has written it."""
        return {
            f"{item['kind']}/{item['metadata']['name']}": _mark(item)
            for item in self.list(_EVERY_KIND, SELECTOR, "--show-managed-fields")
        }

    def uids(self) -> dict[str, str]:
        """Uid by kind and name of everything the operator made."""
        return {
            f"{item['kind']}/{item['metadata']['name']}": item["metadata"]["uid"]
            for item in self.list(_EVERY_KIND, SELECTOR)
        }

    def condition(self, kind: str = "Ready", name: str = "orders") -> dict[str, Any]:
        status = self.get("dataservice", name).get("status") or {}
        return next((known for known in status.get("conditions") or () if known["type"] == kind), {})

    def settled(self, kinds: int = 5, name: str = "orders") -> bool:
        """Whether the operator has acted on the last spec, and its children are there."""
        parent = self.get("dataservice", name)
        current = parent.get("status", {}).get("observedGeneration") == parent["metadata"]["generation"]
        return current and len(self.children()) >= kinds

    def at_rest(self, name: str = "orders") -> bool:
        """Whether the Deployment's controller has told of every pod, none of which runs here, and the operator too."""
        deployment, parent = self.get("deployment", name), self.get("dataservice", name)
        wanted = deployment.get("spec", {}).get("replicas")
        told = (
            deployment.get("status", {}).get("unavailableReplicas"),
            parent.get("status", {}).get("replicas"),
        )
        return self.settled(name=name) and told == (wanted, wanted)

    def container(self) -> dict[str, Any]:
        container: dict[str, Any] = self.get("deployment", "orders")["spec"]["template"]["spec"][
            "containers"
        ][0]
        return container


def _mark(child: dict[str, Any]) -> Any:
    """Its version; where a controller tells a status of its own accord, and again, all but that status."""
    metadata = child["metadata"]
    if child["kind"] not in _TOLD_AGAIN:
        return metadata["resourceVersion"]
    fields = [
        {"manager": each["manager"]} if each.get("subresource") == "status" else each
        for each in metadata["managedFields"]
    ]
    return {**child, "metadata": {**metadata, "managedFields": fields, "resourceVersion": ""}, "status": {}}
