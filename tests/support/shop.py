"""One namespace of the real cluster, as a platform team and its users see it."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import yaml

from tests.cluster.state import Cluster
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl, fresh_namespace

ROOT = Path(__file__).resolve().parents[2]

SCHEMA = {
    "type": "object",
    "required": ["sku", "quantity"],
    "properties": {"sku": {"type": "string"}, "quantity": {"type": "integer", "minimum": 1}},
}


@dataclass(frozen=True)
class Shop:
    kubectl: Kubectl
    namespace: str
    node: str

    def __call__(self, *arguments: str, manifest: Any = None, seconds: float = 60) -> str:
        return self.kubectl(f"--namespace={self.namespace}", *arguments, manifest=manifest, seconds=seconds)

    def apply(self, **spec: Any) -> None:
        """A DataService `orders` with the sample's schema, reached from outside by a port of the node."""
        wanted = {"data": {"schema": SCHEMA}, "service": {"type": "NodePort"}, **spec}
        self("apply", "--filename=-", manifest=smallest(spec=wanted))

    def wait_ready(self, seconds: int = 90) -> None:
        """Wait as a pipeline would, for the spec that was applied last."""
        generation = self.get("dataservice", "orders")["metadata"]["generation"]
        self.wait_for(f"jsonpath={{.status.observedGeneration}}={generation}", seconds)
        self.wait_for("condition=Ready", seconds)

    def wait_for(self, what: str, seconds: int = 90) -> None:
        self("wait", f"--for={what}", f"--timeout={seconds}s", "dsvc/orders", seconds=seconds + 10)

    def get(self, *what: str) -> dict[str, Any]:
        return self.kubectl.json(f"--namespace={self.namespace}", "get", *what)

    def condition(self, kind: str) -> dict[str, Any]:
        conditions = self.get("dataservice", "orders").get("status", {}).get("conditions", ())
        return next((known for known in conditions if known["type"] == kind), {})

    def url(self) -> str:
        """Address of the API through the cluster's own Service, once kube-proxy has heard of the pods."""
        port = self.get("service", "orders")["spec"]["ports"][0]["nodePort"]
        url = f"http://{self.node}:{port}"
        eventually(lambda: _answers(url), seconds=15)
        return url

    def client(self, key: str | None = None) -> httpx.Client:
        headers = {"Authorization": f"Bearer {key}"} if key else None
        return httpx.Client(base_url=self.url(), timeout=5, trust_env=False, headers=headers)

    def post(self, client: httpx.Client, document: dict[str, Any]) -> dict[str, Any]:
        answer = client.post("/data", json=document)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        stored: dict[str, Any] = answer.json()
        return stored

    def documents(self) -> list[dict[str, Any]]:
        """All of them, page by page."""
        found: list[dict[str, Any]] = []
        page: dict[str, Any] = {}
        with self.client() as client:
            while not page or page["next"]:
                query = {"limit": 1000, **({"cursor": page["next"]} if page else {})}
                answer = client.get("/data", params=query, timeout=30)
                assert answer.status_code == httpx.codes.OK, answer.text
                page = answer.json()
                found += page["items"]
        return found

    def database_uri(self) -> str:
        """The database, reached from this machine."""
        self("patch", "service", "mongodb", '--patch={"spec":{"type":"NodePort"}}')
        (port,) = self.get("service", "mongodb")["spec"]["ports"]
        return f"mongodb://{self.node}:{port['nodePort']}/?directConnection=true"

    def connect_as(self, user: str, password: str) -> None:
        """Have the DataService's connection string carry these credentials."""
        host = f"mongodb.{self.namespace}.svc:27017"
        uri = f"mongodb://{user}:{password}@{host}/?directConnection=true&authSource=admin"
        self("patch", "secret", "orders-mongo", f"--patch={json.dumps({'stringData': {'uri': uri}})}")

    def stop_database(self) -> None:
        """Take the database away at once: no goodbye, no new pod."""
        self("scale", "deployment/mongodb", "--replicas=0")
        self("delete", "pod", "--selector=app.kubernetes.io/name=mongodb", "--grace-period=0", "--force")
        eventually(lambda: not self.get("pod", "--selector=app.kubernetes.io/name=mongodb")["items"])

    def start_database(self) -> None:
        self("scale", "deployment/mongodb", "--replicas=1")
        self("rollout", "status", "deployment/mongodb", "--timeout=60s", seconds=70)

    def keep_database(self, storage_class: str) -> None:
        """Put the sample's documents, which go with its pod, on a volume."""
        spec = {
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": storage_class,
            "resources": {"requests": {"storage": "1Gi"}},
        }
        claim = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "mongodb"}}
        self("create", "--filename=-", manifest={**claim, "spec": spec})
        volume = {"name": "data", "emptyDir": None, "persistentVolumeClaim": {"claimName": "mongodb"}}
        patch = {"spec": {"template": {"spec": {"volumes": [volume]}}}}
        self("patch", "deployment", "mongodb", f"--patch={json.dumps(patch)}")
        self("rollout", "status", "deployment/mongodb", "--timeout=60s", seconds=70)


def _answers(url: str) -> bool:
    try:
        status = httpx.get(f"{url}/data", timeout=2, trust_env=False).status_code
    except httpx.TransportError:
        return False
    return status in (httpx.codes.OK, httpx.codes.UNAUTHORIZED)


@contextmanager
def opened(kubectl: Kubectl, cluster: Cluster) -> Iterator[Shop]:
    """A restricted namespace with the sample database, and the Secret that names it."""
    with fresh_namespace(kubectl) as namespace:
        kubectl("label", "namespace", namespace, "pod-security.kubernetes.io/enforce=restricted")
        shop = Shop(kubectl, namespace, cluster.node_address or "127.0.0.1")
        for manifest in samples(kubectl):
            if manifest["metadata"]["name"] in ("mongodb", "orders-mongo"):
                shop("apply", "--filename=-", manifest=moved(manifest, namespace))
        yield shop


def samples(kubectl: Kubectl) -> list[dict[str, Any]]:
    """The sample manifests, with the images of the test cluster."""
    return list(yaml.safe_load_all(kubectl("kustomize", str(ROOT / "k8s/overlays/dev-samples"))))


def moved(manifest: dict[str, Any], namespace: str) -> dict[str, Any]:
    """A sample in another namespace than its own."""
    text = yaml.safe_dump(manifest).replace(".shop.svc", f".{namespace}.svc")
    copy: dict[str, Any] = yaml.safe_load(text)
    copy["metadata"]["namespace"] = namespace
    return copy
