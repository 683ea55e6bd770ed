"""What pods expect of any cluster: DNS, metrics, volumes. The first two run beside the node's programs."""

from pathlib import Path
from string import Template

from tests.cluster import golang, pki
from tests.cluster.commands import run
from tests.cluster.controlplane import DNS_SERVICE, pki_dir
from tests.cluster.identity import Instance
from tests.cluster.processes import Program
from tests.cluster.sandbox import Sandbox

MANIFESTS = Path(__file__).with_name("manifests")

COREFILE = """\
.:53 {{
  bind {address}
  errors
  ready
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {kubeconfig}
  }}
}}
"""


def coredns(instance: Instance, sandbox: Sandbox, address: str) -> Program:
    config = instance.state / "Corefile"
    kubeconfig = pki.kubeconfig(pki_dir(instance), pki.COREDNS)
    return Program(
        "coredns",
        (str(golang.binary("coredns")), "-conf", str(config)),
        config=((config, COREFILE.format(address=address, kubeconfig=kubeconfig)),),
        enter=sandbox.enter,
    )


def metrics_server(instance: Instance, sandbox: Sandbox) -> Program:
    keys = pki_dir(instance)
    kubeconfig = pki.kubeconfig(keys, pki.METRICS_SERVER)
    return Program(
        "metrics-server",
        (
            str(golang.binary("metrics-server")),
            f"--kubeconfig={kubeconfig}",
            f"--authentication-kubeconfig={kubeconfig}",
            f"--authorization-kubeconfig={kubeconfig}",
            "--secure-port=4443",
            f"--tls-cert-file={pki.certificate(keys, pki.METRICS_SERVER)}",
            f"--tls-private-key-file={pki.key(keys, pki.METRICS_SERVER)}",
            f"--kubelet-certificate-authority={pki.ca(keys)}",
            "--kubelet-preferred-address-types=InternalIP",
            "--metric-resolution=10s",
            "--kubelet-request-timeout=5s",  # it must be shorter than the resolution
        ),
        enter=sandbox.enter,
    )


def apply(instance: Instance, address: str) -> None:
    for manifest in sorted(MANIFESTS.glob("*.yaml")):
        text = Template(manifest.read_text()).substitute(
            node_address=address,
            dns_service=DNS_SERVICE,
            coredns_user=pki.COREDNS.user,
            metrics_server_user=pki.METRICS_SERVER.user,
        )
        kubectl = (golang.binary("kubectl"), "--kubeconfig", instance.kubeconfig)
        run(*kubectl, "apply", "--server-side", "--force-conflicts", "-f", "-", stdin=text)
