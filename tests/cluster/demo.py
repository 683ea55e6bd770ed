"""From nothing to a document stored and read back through a Service of the cluster, step by step."""

import contextlib
import json
import subprocess
import time
from collections.abc import Iterator

import httpx
from rich.console import Console

from tests.cluster import clusters, images, load
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Mode, instance
from tests.cluster.progress import perform
from tests.cluster.shell import Shell

OPERATOR = "-n dataservice-system deployment/dataservice-operator"
SERVICE = "-n shop deployment/orders"
PORT = 8080
HEADERS = {"Content-Type": "application/json"}


def run(console: Console) -> None:
    perform(clusters.up_tasks(Mode.FULL), console)
    shell = Shell(instance(Mode.FULL).kubeconfig, console)
    changed = load.changed(images.ALL)
    perform(load.tasks(images.ALL), console)
    _install(shell, restart=images.OPERATOR in changed)
    _apply_sample(shell, restart=images.SERVICE in changed)
    with _forwarded(shell) as url:
        _store_and_read(shell, url)
    shell.kubectl("get dsvc,deploy,svc,hpa -n shop")
    _say_how_to_go_on(shell)


def remove(console: Console) -> None:
    """Take away what the demo made; the cluster stays."""
    shell = Shell(instance(Mode.FULL).kubeconfig, console)
    if not shell.quietly("get --raw /readyz"):
        return shell.say("the cluster is not up: nothing to remove")
    shell.kubectl("delete --ignore-not-found -k k8s/overlays/dev-samples")
    shell.kubectl("delete --ignore-not-found -k k8s/overlays/dev")
    return None


def _install(shell: Shell, *, restart: bool) -> None:
    running = shell.quietly(f"get {OPERATOR}")
    shell.kubectl("apply --server-side -k k8s/overlays/dev")
    if running and restart:
        shell.kubectl(f"rollout restart {OPERATOR}")
    shell.kubectl(f"rollout status {OPERATOR} --timeout=120s")


def _apply_sample(shell: Shell, *, restart: bool) -> None:
    running = shell.quietly(f"get {SERVICE}")
    shell.kubectl("apply -k k8s/overlays/dev-samples")
    if running and restart:
        shell.kubectl(f"rollout restart {SERVICE}")
        shell.kubectl(f"rollout status {SERVICE} --timeout=120s")
    shell.kubectl("wait --for=condition=Ready dsvc/orders -n shop --timeout=180s")


@contextlib.contextmanager
def _forwarded(shell: Shell) -> Iterator[str]:
    """Reach the Service from this machine, on a port that is free."""
    command = "port-forward -n shop svc/orders :80"
    shell.show(f"kubectl {command} &")
    with subprocess.Popen(
        shell.words(command),
        env=shell.environment,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as forward:
        try:
            assert forward.stdout is not None, "asked for above"
            line = forward.stdout.readline().strip()
            shell.say(line)
            if not line.startswith("Forwarding from "):
                raise ClusterError("kubectl cannot forward a port to the Service: see above")
            yield f"http://{line.split()[2]}"
        finally:
            forward.terminate()


def _store_and_read(shell: Shell, url: str) -> None:
    document = json.dumps({"sku": f"A-{int(time.time())}", "quantity": 3})
    with httpx.Client(base_url=url, timeout=10, trust_env=False) as client:
        shell.show(f"curl -i {url}/data -H 'Content-Type: application/json' -d '{document}'")
        stored = _shown(shell, client.post("/data", content=document, headers=HEADERS), httpx.codes.CREATED)
        for path in (f"/data/{stored.json()['_id']}", "/data?limit=2"):
            shell.show(f"curl -i '{url}{path}'")
            _shown(shell, client.get(path), httpx.codes.OK)


def _shown(shell: Shell, answer: httpx.Response, expected: int) -> httpx.Response:
    shell.say(f"{answer.http_version} {answer.status_code} {answer.reason_phrase}")
    for header in ("location", "etag", "content-type"):
        if header in answer.headers:
            shell.say(f"{header}: {answer.headers[header]}")
    shell.say(f"\n{answer.text}")
    if answer.status_code != expected:
        raise ClusterError(f"the API answered {answer.status_code} where {expected} was expected")
    return answer


def _say_how_to_go_on(shell: Shell) -> None:
    shell.say(
        "\nIt is yours to try:\n"
        f"  export KUBECONFIG={shell.kubeconfig}\n"
        "  kubectl explain dataservice.spec\n"
        "  kubectl edit dsvc/orders -n shop\n"
        f"  kubectl port-forward -n shop svc/orders {PORT}:80\n"
        f"  curl localhost:{PORT}/data\n"
        "Without a kubectl of your own: .venv/bin/python -m tests.cluster kubectl ...\n"
        "Remove the demo: make demo-down; the cluster as well: make cluster-down"
    )
