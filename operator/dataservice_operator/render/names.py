"""What everything is called: names, labels, annotations, ports. Costly to change: they live in users' clusters."""

from typing import Final

from dataservice_operator.crd.resource import GROUP

MANAGED_BY: Final = "dataservice-operator"

INSTANCE_LABEL: Final = "app.kubernetes.io/instance"
MANAGED_LABEL: Final = "app.kubernetes.io/managed-by"

OWNER: Final = f"{GROUP}/owner"
"""Annotation of a child: the DataService it belongs to."""

SECRET_HASH: Final = f"{GROUP}/secret-hash"
"""Annotation of the pods: keyed hash of the Secret's values they were started with."""

CURSOR_KEY_UID: Final = f"{GROUP}/cursor-key"
"""Annotation of the pods: uid of the Secret with the cursor key they were started with, the same for all."""

IMAGE_PIN: Final = f"{GROUP}/image-pin"
"""Annotation of the Deployment: by what rule its image was chosen (see `image.py`)."""

UPGRADE: Final = f"{GROUP}/upgrade"
"""Annotation of a DataService: a new value moves it to the operator's default image of that day."""

RESTARTED_AT: Final = f"{GROUP}/restartedAt"
"""Annotation of a DataService and, copied, of its pods: a new value restarts them."""

CONTAINER: Final = "service"
API_PORT: Final = 8000
ADMIN_PORT: Final = 9090
ADMIN_PORT_NAME: Final = "admin"
CURSOR_KEY: Final = "key"

OPERATOR_LABELS: Final = {"app.kubernetes.io/name": "dataservice-operator"}
"""Labels of the operator's own pods, in each way to install it."""


def selector(name: str) -> dict[str, str]:
    """Labels by which Deployment and Service find the pods; immutable in a live Deployment."""
    return {"app.kubernetes.io/name": "dataservice", INSTANCE_LABEL: name}


def labels(name: str) -> dict[str, str]:
    return {**selector(name), MANAGED_LABEL: MANAGED_BY}


def config_map(name: str, content_hash: str) -> str:
    return f"{name}-{content_hash}"


def volume_claim(name: str) -> str:
    return f"{name}-data"


def cursor_secret(name: str) -> str:
    return f"{name}-cursor"
