"""Which image: the spec's own, or the operator's default of the day the DataService was first seen.

Upgrading the operator changes its default image and must restart nothing. So a default, once taken, is kept: what the
Deployment runs stays, or what `status.image` says where that is gone. The Deployment's annotation says by what rule it
was taken: `spec`, or `default` with the value that the annotation `dataservice.dev/upgrade` had. Only a change of that
rule chooses anew.
"""

from typing import Final

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render.names import UPGRADE

_SPEC: Final = "spec"


def choose(
    parent: DataService, *, default: str, live_image: str | None = None, live_pin: str | None = None
) -> tuple[str, str]:
    """Image and pin. `live_image` and `live_pin` are those of the Deployment as we set them.

    They are None where there is none, or somebody has changed it: nobody decides by an edited status or annotation
    what the pods run.
    """
    if parent.spec.image:
        return parent.spec.image, _SPEC
    pin = f"default:{parent.metadata.annotations.get(UPGRADE, '')}"
    known = live_image or parent.status.image
    if live_pin in (None, pin) and known:
        return known, pin
    return default, pin
