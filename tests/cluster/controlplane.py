"""etcd, API server, controller manager and scheduler: what they are told."""

from dataclasses import dataclass
from pathlib import Path

from tests.cluster import golang, pki
from tests.cluster.identity import Instance
from tests.cluster.processes import Program

DNS_SERVICE = "10.96.0.10"

SERVICE_RANGE = "10.96.0.0/16"
API_SERVICE = "10.96.0.1"
"""The first address of the range: where pods find the API server."""


@dataclass(frozen=True)
class Endpoints:
    """Where the control plane listens."""

    etcd: str
    etcd_peers: str
    host: str
    """The address by which clients reach the API server."""
    bind: str
    advertise: str
    """What the `kubernetes` Service points at; loopback is refused."""
    port: int
    manager_port: int

    @property
    def url(self) -> str:
        return f"https://{self.host}:{self.port}"


def on_loopback(first_port: int) -> Endpoints:
    return Endpoints(
        etcd=f"http://127.0.0.1:{first_port}",
        etcd_peers=f"http://127.0.0.1:{first_port + 1}",
        host="127.0.0.1",
        bind="127.0.0.1",
        advertise=API_SERVICE,  # no pod is there to go by it
        port=first_port + 2,
        manager_port=first_port + 3,
    )


def on_node(address: str) -> Endpoints:
    """Return the usual ports: a node's network namespace is its own."""
    return Endpoints(
        etcd="http://127.0.0.1:2379",
        etcd_peers="http://127.0.0.1:2380",
        host=address,
        bind="0.0.0.0",  # noqa: S104 - in the node's own namespace, which ends at this machine
        advertise=address,
        port=6443,
        manager_port=10257,
    )


def certificate_names(endpoints: Endpoints) -> list[str]:
    service = "kubernetes.default.svc"
    names = [
        "kubernetes",
        "kubernetes.default",
        service,
        f"{service}.cluster.local",
        "localhost",
        pki.NODE_NAME,
    ]
    return list(dict.fromkeys([*names, "127.0.0.1", API_SERVICE, endpoints.host]))


def pki_dir(instance: Instance) -> Path:
    return instance.state / "pki"


def etcd(instance: Instance, endpoints: Endpoints) -> Program:
    return _program(
        "etcd",
        {
            "data-dir": instance.state / "etcd",
            "listen-client-urls": endpoints.etcd,
            "advertise-client-urls": endpoints.etcd,
            "listen-peer-urls": endpoints.etcd_peers,
            "initial-advertise-peer-urls": endpoints.etcd_peers,
            "initial-cluster": f"default={endpoints.etcd_peers}",
            "unsafe-no-fsync": "true",  # kill -9 loses nothing by it, a power cut only a test cluster
        },
    )


def api_server(instance: Instance, endpoints: Endpoints) -> Program:
    keys = pki_dir(instance)
    return _program(
        "kube-apiserver",
        {
            "etcd-servers": endpoints.etcd,
            "bind-address": endpoints.bind,
            "advertise-address": endpoints.advertise,
            "secure-port": endpoints.port,
            "service-cluster-ip-range": SERVICE_RANGE,
            "authorization-mode": "Node,RBAC",
            "enable-admission-plugins": "NodeRestriction",
            "allow-privileged": "true",
            "tls-cert-file": pki.certificate(keys, pki.API_SERVER),
            "tls-private-key-file": pki.key(keys, pki.API_SERVER),
            "client-ca-file": pki.ca(keys),
            "service-account-key-file": keys / "sa.pub",
            "service-account-signing-key-file": keys / "sa.key",
            "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
            "kubelet-client-certificate": pki.certificate(keys, pki.ADMIN),
            "kubelet-client-key": pki.key(keys, pki.ADMIN),
            "kubelet-certificate-authority": pki.ca(keys),
            "kubelet-preferred-address-types": "InternalIP",
            **_aggregation(keys),
        },
    )


def _aggregation(keys: Path) -> dict[str, object]:
    """How an aggregated API, such as that of metrics-server, knows that a request came through this one."""
    return {
        "requestheader-client-ca-file": pki.ca(keys),
        "requestheader-allowed-names": pki.AGGREGATOR.user,
        "requestheader-username-headers": "X-Remote-User",
        "requestheader-group-headers": "X-Remote-Group",
        "requestheader-extra-headers-prefix": "X-Remote-Extra-",
        "proxy-client-cert-file": pki.certificate(keys, pki.AGGREGATOR),
        "proxy-client-key-file": pki.key(keys, pki.AGGREGATOR),
    }


def controller_manager(instance: Instance, endpoints: Endpoints) -> Program:
    keys = pki_dir(instance)
    return _program(
        "kube-controller-manager",
        {
            **_client(pki.kubeconfig(keys, pki.CONTROLLER_MANAGER)),
            "bind-address": "127.0.0.1",
            "secure-port": endpoints.manager_port,
            "service-account-private-key-file": keys / "sa.key",
            "root-ca-file": pki.ca(keys),
            "use-service-account-credentials": "true",
            "horizontal-pod-autoscaler-sync-period": "5s",
            "enable-hostpath-provisioner": "true",
            "kube-api-qps": "200",  # its own limit of 20 would be what a test with a thousand resources waits for
            "kube-api-burst": "400",
        },
    )


def scheduler(instance: Instance) -> Program:
    return _program(
        "kube-scheduler",
        {**_client(pki.kubeconfig(pki_dir(instance), pki.SCHEDULER)), "bind-address": "127.0.0.1"},
    )


def _client(kubeconfig: Path) -> dict[str, object]:
    return {
        "kubeconfig": kubeconfig,
        "authentication-kubeconfig": kubeconfig,
        "authorization-kubeconfig": kubeconfig,
        "leader-elect": "false",
    }


def _program(name: str, flags: dict[str, object]) -> Program:
    return Program(name, (str(golang.binary(name)), *(f"--{flag}={value}" for flag, value in flags.items())))
