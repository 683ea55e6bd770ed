"""The Deployment: restricted pods of the service, rolled when what they were started with changes."""

from typing import Any, Final

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.environment import (
    CONFIG_FOLDER,
    CURSOR_FOLDER,
    DOCUMENTS_FOLDER,
    DRAIN_SECONDS,
    KEYS_FOLDER,
    environment,
)
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.render.metadata import Manifest, child_metadata
from dataservice_operator.render.resources import resources
from dataservice_operator.render.scheduling import scheduling

USER_ID: Final = 65532
REVISIONS_KEPT: Final = 3
ENDPOINT_SECONDS: Final = 3
"""How long a stopping pod goes on serving until every node has heard that it leaves the Service."""


def deployment(parent: DataService, inputs: Inputs, config_map_name: str) -> Manifest:
    name = parent.metadata.name
    spec: dict[str, Any] = {
        "selector": {"matchLabels": names.selector(name)},
        "strategy": _strategy(parent),
        "revisionHistoryLimit": REVISIONS_KEPT,
        "progressDeadlineSeconds": inputs.progress_deadline_seconds,
        "template": {
            "metadata": {"labels": names.labels(name), "annotations": _template_annotations(parent, inputs)},
            "spec": _pod(parent, inputs, config_map_name),
        },
    }
    if parent.spec.autoscaling is None:
        spec["replicas"] = parent.spec.replicas
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": child_metadata(parent, name, {names.IMAGE_PIN: inputs.image_pin}),
        "spec": spec,
    }


def _strategy(parent: DataService) -> dict[str, Any]:
    """A volume of one node, and a file of one pod: the next pod waits for the end of the one before."""
    if parent.spec.database.embedded is not None:
        return {"type": "Recreate"}
    return {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}}


def _template_annotations(parent: DataService, inputs: Inputs) -> dict[str, str]:
    restarted_at = parent.metadata.annotations.get(names.RESTARTED_AT)
    return {
        names.OWNER: parent.metadata.name,
        **({names.SECRET_HASH: inputs.secret_hash} if inputs.secret_hash else {}),
        **({names.CURSOR_KEY_UID: inputs.cursor_key} if inputs.cursor_key else {}),
        **({names.RESTARTED_AT: restarted_at} if restarted_at else {}),
    }


def _pod(parent: DataService, inputs: Inputs, config_map_name: str) -> dict[str, Any]:
    return {
        "serviceAccountName": parent.metadata.name,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": ENDPOINT_SECONDS + DRAIN_SECONDS + 7,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER_ID,
            "runAsGroup": USER_ID,
            "fsGroup": USER_ID,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(parent, inputs)],
        "volumes": [
            {"name": "config", "configMap": {"name": config_map_name}},
            {"name": "cursor", "secret": {"secretName": names.cursor_secret(parent.metadata.name)}},
            *_keys_volume(parent),
            {"name": "tmp", "emptyDir": {"sizeLimit": "64Mi"}},
            *_documents_volume(parent),
        ],
        **scheduling(parent),
    }


def _container(parent: DataService, inputs: Inputs) -> dict[str, Any]:
    return {
        "name": names.CONTAINER,
        "image": inputs.image,
        "imagePullPolicy": "IfNotPresent",
        "env": environment(parent),
        "ports": [
            {"name": "http", "containerPort": names.API_PORT, "protocol": "TCP"},
            {"name": names.ADMIN_PORT_NAME, "containerPort": names.ADMIN_PORT, "protocol": "TCP"},
        ],
        "startupProbe": _probe("/startupz", period=1, failures=60),
        "livenessProbe": _probe("/livez", period=10, failures=3),
        "readinessProbe": _probe("/readyz", period=2, failures=3),
        "lifecycle": {"preStop": {"sleep": {"seconds": ENDPOINT_SECONDS}}},
        "resources": resources(parent.spec.resources),
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "config", "mountPath": CONFIG_FOLDER, "readOnly": True},
            {"name": "cursor", "mountPath": CURSOR_FOLDER, "readOnly": True},
            *_keys_mount(parent),
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - the pod's own
            *({"name": each["name"], "mountPath": DOCUMENTS_FOLDER} for each in _documents_volume(parent)),
        ],
    }


def _documents_volume(parent: DataService) -> list[dict[str, Any]]:
    if parent.spec.database.embedded is None:
        return []
    claim = {"claimName": names.volume_claim(parent.metadata.name)}
    return [{"name": "documents", "persistentVolumeClaim": claim}]


def _keys_volume(parent: DataService) -> list[dict[str, Any]]:
    """Whole and without a hash in the template: the kubelet renews the files, the service reads them, nothing rolls."""
    keys = parent.spec.api.auth.keys_secret
    return [{"name": "keys", "secret": {"secretName": keys.name}}] if keys else []


def _keys_mount(parent: DataService) -> list[dict[str, Any]]:
    keys = parent.spec.api.auth.keys_secret
    return [{"name": "keys", "mountPath": KEYS_FOLDER, "readOnly": True}] if keys else []


def _probe(path: str, *, period: int, failures: int) -> dict[str, Any]:
    return {
        "httpGet": {"path": path, "port": names.ADMIN_PORT_NAME},
        "periodSeconds": period,
        "timeoutSeconds": 2,
        "failureThreshold": failures,
    }
