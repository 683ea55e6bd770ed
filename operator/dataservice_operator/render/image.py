"""Which image: the spec's own, or the operator's default of the day the DataService was first seen.

Upgrading the operator changes its default image and must restart nothing. So a default, once taken, is kept in
`status.image`, and the Deployment's annotation says by what rule: `spec`, or `default` with the value that the
annotation `dataservice.dev/upgrade` had. Only a change of that rule chooses anew.
"""

from typing import Final

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render.names import UPGRADE

_SPEC: Final = "spec"


def choose(parent: DataService, *, default: str, live_pin: str | None) -> tuple[str, str]:
    """Image and pin. `live_pin` is the annotation of the live Deployment, None where there is none."""
    if parent.spec.image:
        return parent.spec.image, _SPEC
    pin = f"default:{parent.metadata.annotations.get(UPGRADE, '')}"
    if live_pin in (None, pin) and parent.status.image:
        return parent.status.image, pin
    return default, pin
