"""The NetworkPolicy, where the spec asks for one."""

from collections.abc import Mapping
from typing import Any, Final

from dataservice_operator.crd.network_policy import Outgoing, Peer, PortRange
from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.render.metadata import Manifest, child_metadata

MONGODB_PORT: Final = 27017
HTTPS_PORT: Final = 443

Rule = dict[str, Any]


def network_policy(parent: DataService, inputs: Inputs) -> Manifest | None:
    """In: the API for whom the spec names; the admin port for the operator and for monitoring.

    The kubelet's probes are not asked about: what runs on a pod's own node always reaches it.
    """
    wanted = parent.spec.network_policy
    if wanted is None or not wanted.enabled:
        return None
    callers = {"from": [_peer(peer) for peer in wanted.from_]} if wanted.from_ else {}
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": child_metadata(parent, parent.metadata.name),
        "spec": {
            "podSelector": {"matchLabels": names.selector(parent.metadata.name)},
            "policyTypes": ["Ingress", "Egress"],
            "ingress": [
                {**callers, "ports": [_port(names.API_PORT)]},
                {"from": _watchers(inputs), "ports": [_port(names.ADMIN_PORT)]},
            ],
            "egress": [_DNS, *(_outgoing(rule) for rule in wanted.egress or _DATABASE_AND_HTTPS)],
        },
    }


def _watchers(inputs: Inputs) -> list[Rule]:
    operator = {
        "namespaceSelector": _named(inputs.operator_namespace),
        "podSelector": {"matchLabels": names.OPERATOR_LABELS},
    }
    monitoring = {"namespaceSelector": _named(inputs.monitoring_namespace)}
    return [operator, *([monitoring] if inputs.monitoring_namespace else [])]


def _named(namespace: str) -> Mapping[str, Any]:
    return {"matchLabels": {"kubernetes.io/metadata.name": namespace}}


def _peer(peer: Peer) -> Rule:
    """A selector that is written but empty takes everything, and is kept; empty parts of it are not stored."""
    return peer.model_dump(mode="json", by_alias=True, exclude_defaults=True)


def _outgoing(rule: Outgoing) -> Rule:
    to = {"to": [_peer(peer) for peer in rule.to]} if rule.to else {}
    return {**to, **({"ports": [_of(ports) for ports in rule.ports]} if rule.ports else {})}


def _of(ports: PortRange) -> Rule:
    last = {"endPort": ports.end_port} if ports.end_port is not None else {}
    return {**_port(ports.port, ports.protocol or "TCP"), **last}


def _port(number: int, protocol: str = "TCP") -> Rule:
    return {"port": number, "protocol": protocol}


_DNS: Final = {"ports": [_port(53, "UDP"), _port(53)]}
_DATABASE_AND_HTTPS: Final = (Outgoing(ports=(PortRange(port=MONGODB_PORT), PortRange(port=HTTPS_PORT))),)
