"""The certificates and kubeconfigs of a cluster, made anew for each.

Which are needed: https://kubernetes.io/docs/setup/best-practices/certificates/
"""

import base64
import json
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import files
from tests.cluster.commands import run

DAYS = "365"


@dataclass(frozen=True)
class Identity:
    """A client of the API server: whom its certificate names, and in which group."""

    file: str
    user: str
    group: str = ""

    @property
    def subject(self) -> str:
        return (f"/O={self.group}" if self.group else "") + f"/CN={self.user}"


NODE_NAME = "node-0"
ADMIN = Identity("admin", "kubernetes-admin", "system:masters")
CONTROLLER_MANAGER = Identity("controller-manager", "system:kube-controller-manager")
SCHEDULER = Identity("scheduler", "system:kube-scheduler")
KUBELET = Identity("kubelet", f"system:node:{NODE_NAME}", "system:nodes")
PROXY = Identity("proxy", "system:kube-proxy")
COREDNS = Identity("coredns", "test-cluster:coredns")
METRICS_SERVER = Identity("metrics-server", "test-cluster:metrics-server")
AGGREGATOR = Identity("aggregator", "front-proxy-client")
API_SERVER = Identity("apiserver", "kube-apiserver")

CONTROL_PLANE = (API_SERVER, ADMIN, AGGREGATOR, CONTROLLER_MANAGER)
FULL = (*CONTROL_PLANE, SCHEDULER, KUBELET, PROXY, COREDNS, METRICS_SERVER)


def ca(directory: Path) -> Path:
    return directory / "ca.crt"


def certificate(directory: Path, identity: Identity) -> Path:
    return directory / f"{identity.file}.crt"


def key(directory: Path, identity: Identity) -> Path:
    return directory / f"{identity.file}.key"


def kubeconfig(directory: Path, identity: Identity) -> Path:
    return directory / f"{identity.file}.kubeconfig"


def make(directory: Path, identities: tuple[Identity, ...], server: str, addresses: list[str]) -> None:
    """Write all of it unless it is there; `made` comes last and marks the set as whole."""
    made = directory / "made"
    content = json.dumps([server, addresses, [i.file for i in identities]])
    if made.exists() and made.read_text() == content:
        return
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    _authority(directory)
    run("openssl", "genrsa", "-out", directory / "sa.key", "2048")
    run("openssl", "rsa", "-in", directory / "sa.key", "-pubout", "-out", directory / "sa.pub")
    for identity in identities:
        _certificate(directory, identity, addresses)
        files.write(kubeconfig(directory, identity), _kubeconfig(directory, identity, server), mode=0o600)
    files.write(made, content)


def _authority(directory: Path) -> None:
    argv = ["-days", DAYS, "-subj", "/CN=test-cluster-ca", "-keyout", str(directory / "ca.key")]
    run("openssl", "req", "-x509", *_NEW_KEY, *argv, "-out", ca(directory))


def _certificate(directory: Path, identity: Identity, addresses: list[str]) -> None:
    names = ",".join(f"{'IP' if _is_ip(name) else 'DNS'}:{name}" for name in addresses)
    extensions = directory / f"{identity.file}.ext"
    extensions.write_text(f"subjectAltName={names}\nextendedKeyUsage=clientAuth,serverAuth\n")
    request = run("openssl", "req", *_NEW_KEY, "-subj", identity.subject, "-keyout", key(directory, identity))
    signer = ["-CA", str(ca(directory)), "-CAkey", str(directory / "ca.key"), "-extfile", str(extensions)]
    signed = run("openssl", "x509", "-req", "-days", DAYS, *signer, stdin=request)
    files.write(certificate(directory, identity), signed)


_NEW_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def _is_ip(name: str) -> bool:
    return name.replace(".", "").isdigit()


def _kubeconfig(directory: Path, identity: Identity, server: str) -> str:
    def inline(path: Path) -> str:
        return base64.b64encode(path.read_bytes()).decode()

    cluster = {"server": server, "certificate-authority-data": inline(ca(directory))}
    user = {
        "client-certificate-data": inline(certificate(directory, identity)),
        "client-key-data": inline(key(directory, identity)),
    }
    name = "dataservice-test"
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": identity.file, "user": user}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": identity.file}}],
        "current-context": name,
    }
    return json.dumps(config, indent=1)
