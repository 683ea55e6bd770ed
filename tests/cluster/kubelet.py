"""kubelet and kube-proxy: what makes a machine's corner a node."""

import json
from pathlib import Path

from tests.cluster import containerd, golang, pki
from tests.cluster.controlplane import DNS_SERVICE, pki_dir
from tests.cluster.identity import Instance
from tests.cluster.processes import Program
from tests.cluster.sandbox import Sandbox, cgroup


def kubelet(instance: Instance, sandbox: Sandbox, address: str) -> Program:
    config, resolv = instance.state / "kubelet.json", instance.state / "resolv.conf"
    return Program(
        "kubelet",
        (
            str(golang.binary("kubelet")),
            f"--config={config}",
            f"--kubeconfig={pki.kubeconfig(pki_dir(instance), pki.KUBELET)}",
            f"--hostname-override={pki.NODE_NAME}",
            f"--node-ip={address}",
        ),
        config=(
            (config, json.dumps(_kubelet_config(instance, resolv), indent=1)),
            (resolv, f"nameserver {DNS_SERVICE}\n"),
        ),
        enter=sandbox.enter,
    )


def _kubelet_config(instance: Instance, resolv: Path) -> dict[str, object]:
    keys = pki_dir(instance)
    return {
        "apiVersion": "kubelet.config.k8s.io/v1beta1",
        "kind": "KubeletConfiguration",
        "authentication": {
            "anonymous": {"enabled": False},
            "webhook": {"enabled": True},
            "x509": {"clientCAFile": str(pki.ca(keys))},
        },
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": str(pki.certificate(keys, pki.KUBELET)),
        "tlsPrivateKeyFile": str(pki.key(keys, pki.KUBELET)),
        "containerRuntimeEndpoint": f"unix://{containerd.SOCKET}",
        "clusterDNS": [DNS_SERVICE],
        "clusterDomain": "cluster.local",
        "resolvConf": str(resolv),
        "maxPods": 250,
        **_on_a_shared_machine(instance),
    }


def _on_a_shared_machine(instance: Instance) -> dict[str, object]:
    """Keep to our own control group, evict and collect nothing because others fill the disk."""
    return {
        "cgroupDriver": "cgroupfs",
        "cgroupRoot": cgroup(instance),
        "failCgroupV1": False,
        "failSwapOn": False,
        "enforceNodeAllocatable": ["pods"],
        "localStorageCapacityIsolation": False,
        "oomScoreAdj": 0,  # a negative one takes CAP_SYS_RESOURCE
        "imageGCHighThresholdPercent": 100,
        "evictionHard": {},
    }


def proxy(instance: Instance, sandbox: Sandbox) -> Program:
    config = instance.state / "kube-proxy.json"
    content = {
        "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
        "kind": "KubeProxyConfiguration",
        "clientConnection": {"kubeconfig": str(pki.kubeconfig(pki_dir(instance), pki.PROXY))},
        "mode": "iptables",
        "clusterCIDR": containerd.POD_RANGE,
        "hostnameOverride": pki.NODE_NAME,
        "conntrack": {"maxPerCore": 0, "min": 0},  # the machine's own limits stay
        "oomScoreAdj": 0,
    }
    return Program(
        "kube-proxy",
        (str(golang.binary("kube-proxy")), f"--config={config}"),
        config=((config, json.dumps(content, indent=1)),),
        enter=sandbox.enter,
    )
