"""All that one DataService should have, in the order in which it is applied."""

from dataclasses import dataclass

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render.autoscaler import autoscaler
from dataservice_operator.render.config_map import config_map
from dataservice_operator.render.deployment import deployment
from dataservice_operator.render.disruption_budget import disruption_budget
from dataservice_operator.render.ingress import ingress
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.render.metadata import Manifest
from dataservice_operator.render.network_policy import network_policy
from dataservice_operator.render.service import service
from dataservice_operator.render.service_account import service_account
from dataservice_operator.render.service_monitor import service_monitor
from dataservice_operator.render.volume_claim import volume_claim


@dataclass(frozen=True)
class Children:
    service_account: Manifest
    config_map: Manifest
    volume_claim: Manifest | None
    service: Manifest
    deployment: Manifest
    autoscaler: Manifest | None
    ingress: Manifest | None
    disruption_budget: Manifest | None
    network_policy: Manifest | None
    service_monitor: Manifest | None

    def manifests(self) -> tuple[Manifest, ...]:
        """What a pod needs comes before the Deployment that makes pods."""
        wanted = (
            self.service_account,
            self.config_map,
            self.network_policy,
            self.volume_claim,
            self.service,
            self.deployment,
            self.autoscaler,
            self.ingress,
            self.disruption_budget,
            self.service_monitor,
        )
        return tuple(manifest for manifest in wanted if manifest is not None)


def children(parent: DataService, inputs: Inputs) -> Children:
    configuration = config_map(parent)
    return Children(
        service_account=service_account(parent),
        config_map=configuration,
        volume_claim=volume_claim(parent, inputs),
        service=service(parent),
        deployment=deployment(parent, inputs, configuration["metadata"]["name"]),
        autoscaler=autoscaler(parent),
        ingress=ingress(parent),
        disruption_budget=disruption_budget(parent),
        network_policy=network_policy(parent, inputs),
        service_monitor=service_monitor(parent),
    )
