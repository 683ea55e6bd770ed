"""An API server and its etcd, and nothing else: no controller, no scheduler, no kubelet takes part."""

import base64
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from tests.cluster import apiserver, controlplane, files, golang, processes
from tests.cluster.addresses import claim
from tests.cluster.identity import CHECKOUT, IDENTITY_VARIABLE, Mode, digest, instance
from tests.support.kubeconfig import with_token
from tests.support.kubectl import Kubectl, install_crds

ROOT: Final = Path(__file__).resolve().parents[2]
_ACCOUNT: Final = "benchmark"


@dataclass(frozen=True)
class Arena:
    kubeconfig: Path
    """Of a service account, as a pod has one: a certificate would be checked anew at each request, a token is not."""

    etcd: str

    async def stored(self, prefix: str) -> int:
        """How many objects etcd holds below a prefix: one cheap question, and none to the API server."""
        begin = f"/registry/{prefix}/".encode()
        body = {
            "key": _encoded(begin),
            "range_end": _encoded(begin[:-1] + bytes([begin[-1] + 1])),
            "count_only": True,
        }
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.etcd}/v3/kv/range", json=body) as answer,
        ):
            return int((await answer.json()).get("count", 0))


@contextmanager
def opened() -> Iterator[Arena]:
    """An empty cluster of the benchmark's own, with the CRD; it is removed afterwards."""
    os.environ[IDENTITY_VARIABLE] = f"b{digest(str(CHECKOUT))[:7]}"
    apiserver.down()
    try:
        apiserver.start(_silent)
        chosen = instance(Mode.CONTROL_PLANE)
        processes.stop(chosen, "kube-controller-manager")
        kubectl = Kubectl(golang.binary("kubectl"), chosen.kubeconfig)
        install_crds(kubectl, ROOT / "crds")
        yield Arena(_service_account(kubectl), controlplane.on_loopback(claim(chosen).port).etcd)
    finally:
        apiserver.down()


def _service_account(kubectl: Kubectl) -> Path:
    """Make one that may do everything; its kubeconfig lies beside the cluster's own, and goes with it."""
    kubectl("create", "serviceaccount", _ACCOUNT, "--namespace=default")
    everything = (f"--serviceaccount=default:{_ACCOUNT}", "--clusterrole=cluster-admin")
    kubectl("create", "clusterrolebinding", _ACCOUNT, *everything)
    token = kubectl("create", "token", _ACCOUNT, "--namespace=default", "--duration=24h").strip()
    written = kubectl.kubeconfig.with_name(f"{_ACCOUNT}.kubeconfig")
    files.write(written, json.dumps(with_token(kubectl.kubeconfig, token)), mode=0o600)
    return written


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


def _silent(_: Any) -> None:
    """The cluster's own steps are not what is shown."""
