"""An issuer of tokens inside the cluster: a pod that serves a key set, and nothing else."""

from typing import Any

from tests.cluster import images
from tests.support import issuer
from tests.support.shop import Shop

NAME = "login"
FOLDER = "/keys"


def start(shop: Shop, *keys: str) -> str:
    """Serve these public keys; the URL of the set."""
    for manifest in (_key_set(*keys), _pod(), _service()):
        shop("apply", "--filename=-", manifest=manifest)
    shop("wait", "--for=condition=Ready", f"pod/{NAME}", "--timeout=60s", seconds=70)
    return f"http://{NAME}.{shop.namespace}.svc/keys"


def _key_set(*keys: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": NAME},
        "data": {"keys": issuer.key_set(*keys).decode()},
    }


def _pod() -> dict[str, Any]:
    container = {
        "name": NAME,
        "image": images.SERVICE.name,  # for its Python
        "imagePullPolicy": "IfNotPresent",
        "command": ["python", "-m", "http.server", "--directory", FOLDER, "8000"],
        "readinessProbe": {"httpGet": {"path": "/keys", "port": 8000}, "periodSeconds": 1},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": NAME, "mountPath": FOLDER}],
    }
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": NAME, "labels": {"app.kubernetes.io/name": NAME}},
        "spec": {
            "automountServiceAccountToken": False,
            "terminationGracePeriodSeconds": 0,
            "securityContext": {
                "runAsNonRoot": True,
                "runAsUser": 65532,
                "seccompProfile": {"type": "RuntimeDefault"},
            },
            "containers": [container],
            "volumes": [{"name": NAME, "configMap": {"name": NAME}}],
        },
    }


def _service() -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": NAME},
        "spec": {"selector": {"app.kubernetes.io/name": NAME}, "ports": [{"port": 80, "targetPort": 8000}]},
    }
