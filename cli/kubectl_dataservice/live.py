"""What the live children tell: what rendering needs, and whose they are. No Secret is read, and no operator asked."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from dataservice_operator.cluster.kinds import (
    DEPLOYMENT,
    NETWORK_POLICY,
    OPTIONAL,
    VOLUME_CLAIM,
    Kind,
    kind_of,
)
from dataservice_operator.crd.resource import DataService
from dataservice_operator.reconcile import observed
from dataservice_operator.render import image, names
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.settings import DEFAULT_IMAGE
from kubectl_dataservice.rendering import offline

Raw = dict[str, Any]

_NAMESPACE_LABEL: Final = "kubernetes.io/metadata.name"


def inputs(parent: DataService, live: Mapping[tuple[Kind, str], Raw]) -> Inputs:
    """With the operator's settings as its own children tell them; without children, those of a new operator."""
    name = parent.metadata.name
    deployment, claim = live.get((DEPLOYMENT, name)), live.get((VOLUME_CLAIM, names.volume_claim(name)))
    known = offline(parent)
    if deployment is None:
        return known
    seen = observed.deployment(deployment)
    chosen, pin = image.choose(parent, default=DEFAULT_IMAGE, live_image=seen.image, live_pin=seen.image_pin)
    return Inputs(
        image=chosen,
        image_pin=pin,
        secret_hash=seen.secret_hash if parent.spec.database.uri_secret else None,
        cursor_key=seen.cursor_key,
        claim=observed.volume_claim(claim).claim if claim else None,
        progress_deadline_seconds=deployment["spec"].get(
            "progressDeadlineSeconds", known.progress_deadline_seconds
        ),
        **_watchers(live.get((NETWORK_POLICY, name))),
    )


def of_others(parent: DataService, live: Mapping[tuple[Kind, str], Raw]) -> frozenset[tuple[Kind, str]]:
    """Those that the operator would not touch."""
    return frozenset(key for key, raw in live.items() if not _belongs(raw, parent))


def unwanted(parent: DataService, wanted: Iterable[Raw], live: Mapping[tuple[Kind, str], Raw]) -> list[Raw]:
    """Children that the operator would remove: the spec does not ask for their kind any more."""
    asked_for = {kind_of(manifest) for manifest in wanted}
    return [
        raw
        for (kind, _), raw in live.items()
        if kind in OPTIONAL and kind not in asked_for and _belongs(raw, parent)
    ]


def _belongs(raw: Raw, parent: DataService) -> bool:
    return observed.child(raw).belongs_to(parent.metadata.name, parent.metadata.uid)


def _watchers(policy: Raw | None) -> dict[str, str]:
    """Namespaces of operator and monitoring, as the last rule of a live NetworkPolicy has them."""
    rules = (policy or {}).get("spec", {}).get("ingress") or ()
    found = [
        (peer.get("namespaceSelector") or {}).get("matchLabels", {}).get(_NAMESPACE_LABEL, "")
        for rule in rules[1:]
        for peer in rule.get("from") or ()
    ]
    if not found:
        return {}
    return {"operator_namespace": found[0], "monitoring_namespace": found[1] if len(found) > 1 else ""}
