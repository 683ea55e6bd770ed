"""spec.monitoring: how Prometheus learns of the pods."""

from dataservice_operator.crd.model import ApiModel


class Monitoring(ApiModel):
    """How Prometheus learns of the pods."""

    service_monitor: bool = False
    """Whether there is a ServiceMonitor of the Prometheus operator, with the name of the DataService, for
    `/metrics` on the pods' admin port 9090. Where the cluster does not have that kind, none is made until it does.
    """
