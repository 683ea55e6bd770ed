"""Every command that README and documents show is run, as it stands there, in an order a reader would.

What a reader would put in its place is put there: a registry, a database, ports. The images of this checkout get the
names of published ones on the node.
"""

import os
import re
import shlex
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from dataservice import __version__
from tests.cluster import images as images_of_the_checkout
from tests.cluster import load
from tests.cluster.identity import IDENTITY_VARIABLE
from tests.cluster.ports import free_port
from tests.cluster.state import Cluster
from tests.delivery.day_two_commands_test import AT_API_SERVER, CRD
from tests.support.data_service import smallest
from tests.support.documents_shown import ROOT, commands, documents
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl
from tests.support.played import play
from tests.support.shop import Shop

pytestmark = [pytest.mark.timeout(600)]

DEMO = (
    "make demo",
    "kubectl apply --server-side -k k8s/overlays/dev",
    "kubectl apply -k k8s/overlays/dev-samples",
    "kubectl wait --for=condition=Ready dsvc/orders -n shop --timeout=180s",
    "kubectl port-forward -n shop svc/orders :80 &",
    (
        """curl -i http://127.0.0.1:32811/data -H 'Content-Type: application/json' -d """
        """'{"sku": "A-1795449718", "quantity": 3}'"""
    ),
    "kubectl get dsvc,deploy,svc,hpa -n shop",
)
"""The first, and what it shows that it runs."""

AFTER_THE_DEMO = (
    ".venv/bin/python -m tests.cluster kubectl get dsvc -A",
    "kubectl explain dataservice.spec",
    "kubectl explain pod.spec.affinity",
)
WHEN_NOT_READY = ("kubectl get dsvc -n warehouse", "kubectl describe dsvc stock -n warehouse")
DEMO_DOWN = ("make demo-down",)
BY_KUBECTL = (
    "kubectl apply --server-side -k k8s/overlays/cluster",
    "kubectl apply -k k8s/samples",
    "kubectl wait --for=condition=Ready dataservice/orders",
    "kubectl delete -k k8s/overlays/cluster -l app.kubernetes.io/part-of=dataservice",
    "kubectl delete dataservices --all --all-namespaces",
    "kubectl delete -k k8s/overlays/cluster",
)
BY_HELM = (
    "helm install dataservice-operator k8s/helm/dataservice-operator -n dataservice-system --create-namespace",
    "helm upgrade dataservice-operator k8s/helm/dataservice-operator -n dataservice-system",
    "helm uninstall dataservice-operator -n dataservice-system",
    "kubectl delete crd dataservices.dataservice.dev",
)
PLAIN = (
    "kubectl create namespace shop",
    "kubectl create secret generic orders-mongo -n shop --from-literal=uri='mongodb://mongodb.example.com:27017/'",
    'kubectl create secret generic orders-cursor -n shop --from-literal=key="$(head -c 32 /dev/urandom | base64)"',
    "kubectl apply -k k8s/plain",
    "kubectl rollout status -n shop deployment/orders",
    "kubectl rollout restart -n shop deployment/orders",
    "kubectl delete -k k8s/plain",
)
SERVERS = {
    ".venv/bin/uvicorn dataservice.app:create_app --factory --reload --host 0.0.0.0 --port 8000": ROOT,
    "../.venv/bin/uvicorn main:app --reload --host 0.0.0.0 --port 8000": ROOT / "service",
}
IN_THE_CHECKOUT = (
    "make help",
    "make install",
    "make generate",
    "make diagrams",
    "make lock",
    "make cluster",
    "make test-unit",
    "make cluster-down",
    "python -m tests.cluster --help",
    "python -m tests.cluster status",
    ".venv/bin/python -m tests.cluster status",
    "make images",
    "python3 -m delivery.pipeline deploy --help",
    '.venv/bin/pytest -q tests/contract/repository_test.py -k "sqlite and page"',
)
SELECTIONS = (
    ".venv/bin/pytest tests/e2e -k missing_secret",
    "pytest tests/e2e -k missing_secret",
    "pytest -m mongodb",
    ".venv/bin/pytest tests/delivery/images_test.py -k two_builds",
)
"""Parts of the suite, which runs them anyway: here it is seen that they select something."""

REFUSED = ("DATASERVICE_PROT=1 .venv/bin/python -m dataservice",)

PLUGIN = {
    "kubectl dataservice status -A": 'plugin("status", "-A")',
    "kubectl dataservice status orders -n shop": 'plugin("status", "orders")',
    "kubectl dataservice status orders -n shop --wait --timeout 2m": '"status", "orders", "--wait", "--timeout"',
    "kubectl dataservice diff orders -n shop": 'plugin("diff", "orders")',
    "kubectl dataservice diff -f orders.yaml": 'plugin("diff", "-f", str(file)',
    "kubectl dataservice suspend orders -n shop": '"suspend", "suspend", "resume", "resume"',
    "kubectl dataservice resume orders -n shop": '"suspend", "suspend", "resume", "resume"',
    "kubectl dataservice restart orders -n shop --wait": '"restart", "orders", "--wait"',
}
"""Run by tests/apiserver/plugin_test.py, and how it says so."""

PUBLISH = "python3 -m delivery.pipeline publish --registry registry.example.com/dataservice --revision HEAD"
ON_PODS = {
    "KEY=$(kubectl dataservice keys create orders --name till -n shop)": '"create", "orders", "--name", "till"',
    "kubectl dataservice keys create orders --name till -n shop": '"create", "orders", "--name", "till"',
    "kubectl dataservice keys list orders -n shop": '"keys", "list", "orders"',
    "kubectl dataservice keys rotate orders --name till -n shop --wait": (
        '"rotate", "orders", "--name", "till", "--wait"'
    ),
    "kubectl dataservice keys revoke orders --name till --old -n shop": (
        '"revoke", "orders", "--name", "till", "--old"'
    ),
    "kubectl dataservice keys revoke orders --name till -n shop": '"revoke", "orders", "--name", "till")',
    "kubectl dataservice logs orders -n shop --since 5m": '"logs", "orders", "--since", "5m"',
    "kubectl dataservice logs orders -n shop --follow": '"logs", "orders", "--follow"',
    "kubectl dataservice open orders -n shop": '"open", "orders"',
    "kubectl dataservice report orders -n shop": '"report", "orders"',
}
"""Run by tests/e2e/plugin_day_two_test.py, and how it says so."""

ELSEWHERE = {
    "make test": (".ci/run", "make test"),
    "make check": ("Makefile", "test: check cluster tools"),
    "make bench-operator": ("tests/benchmarks/operator_test.py", '"make", "bench-operator"'),
    "make bench-service": ("tests/benchmarks/service_test.py", '"make", "bench-service"'),
    "make test-faults": ("tests/faults/operator/campaign_test.py", '"make", "test-faults"'),
    'make test-faults ARGS="operator --sample"': (
        "tests/faults/operator/campaign_test.py",
        "=operator --sample",
    ),
    "make soak": ("tests/faults/soak/campaign_test.py", '"make", "soak"'),
    "make pictures": ("tests/e2e/monitoring_test.py", '"make", "pictures"'),
    PUBLISH: ("tests/delivery/pipeline_test.py", "PUBLISH.replace("),
    "python -m tests.upgrade": ("tests/apiserver/upgrade_test.py", '"-m", "tests.upgrade"'),
    **{command: ("tests/apiserver/plugin_test.py", words) for command, words in PLUGIN.items()},
    "python -m dataservice": ("tests/support/service_process.py", '"-m", "dataservice"'),
    **{command: ("tests/e2e/plugin_day_two_test.py", words) for command, words in ON_PODS.items()},
    **{
        command: ("tests/e2e/guides_test.py", command)
        for command in (
            "kubectl config set-context --current --namespace shop",
            "kubectl describe persistentvolumeclaim orders-data -n shop",
            "kubectl describe pods -n shop -l app.kubernetes.io/instance=orders",
            "kubectl rollout resume deployment/orders -n shop",
        )
    },
}
"""Run by others: the file, and how it says so."""

NOT_TO_BE_RUN = {"kubectl rollout undo", "kubectl get pods -l"}
"""Spoken of, and not shown to be run."""

OTHER_CLUSTER = {IDENTITY_VARIABLE: "docs"}


@pytest.fixture
def environ(cluster: Cluster, commands: Path) -> dict[str, str]:
    """A user's shell, with a kubeconfig that is theirs."""
    path = f"{commands}:{ROOT / '.venv/bin'}:{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "KUBECONFIG": str(cluster.kubeconfig)}


@pytest.fixture(scope="session")
def published(cluster: Cluster) -> None:  # noqa: ARG001 - there is a node to bring them to
    """The images of this checkout on the node, under the names that the shipped manifests give."""
    for name, image in (
        (f"ghcr.io/dataservice-dev/operator:{__version__}", images_of_the_checkout.OPERATOR),
        (f"ghcr.io/dataservice-dev/service:{__version__}", images_of_the_checkout.SERVICE),
        ("docker.io/library/mongo:8", images_of_the_checkout.MONGODB),
    ):
        load.provide_as(name, image, lambda _: None)


@pytest.fixture
def no_shop(kubectl: Kubectl) -> Iterator[None]:
    """The samples' own namespace belongs to the test, and to nobody afterwards."""
    delete = ("delete", "namespace", "shop", "warehouse", "--ignore-not-found")
    kubectl(*delete, seconds=120)
    yield
    kubectl(*delete, seconds=120)


def test_every_command_that_is_shown_is_run_and_no_other() -> None:
    shown = set().union(*(commands(document) for document in documents()))
    groups = (DEMO, AFTER_THE_DEMO, WHEN_NOT_READY, DEMO_DOWN, BY_KUBECTL, BY_HELM, PLAIN, SERVERS)
    run = set().union(*groups, IN_THE_CHECKOUT, SELECTIONS, REFUSED, ELSEWHERE, NOT_TO_BE_RUN)
    run |= AT_API_SERVER
    assert shown - run == set(), "shown, and run by no test"
    assert run - shown == set(), "run, and shown no more"


def test_what_is_said_to_be_run_elsewhere_is_there() -> None:
    for command, (place, words) in ELSEWHERE.items():
        assert words in (ROOT / place).read_text(), command


@pytest.mark.e2e
@pytest.mark.tools
@pytest.mark.usefixtures("bare", "no_shop")
def test_the_demo_and_what_can_be_done_after_it(environ: dict[str, str], kubectl: Kubectl) -> None:
    output = play(DEMO[0], environ)
    for command in DEMO[1:]:
        assert re.search(_with_other_numbers(f"$ {command}"), output), f"{command} is not in:\n{output}"
    assert "HTTP/1.1 201 Created" in output
    for command in AFTER_THE_DEMO:
        play(command, environ)
    kubectl("create", "namespace", "warehouse")
    missing = {"mongodb": {"uriSecret": {"name": "stock-mongo"}}}
    stock = smallest(metadata={"name": "stock", "namespace": "warehouse"}, spec={"database": missing})
    kubectl("apply", "--filename=-", manifest=stock)
    listed, described = WHEN_NOT_READY
    eventually(lambda: re.search(r"stock +False +SecretNotFound +1 +0 ", play(listed, environ)), seconds=10)
    assert "Secret 'stock-mongo' does not exist in namespace 'warehouse'" in play(described, environ)
    play(DEMO_DOWN[0], environ)
    assert not kubectl("get", "namespace", "shop", "dataservice-system", "--ignore-not-found")


def _with_other_numbers(command: str) -> str:
    """A pattern for the command with other ports and numbers of articles."""
    return re.sub(r"\d{5,}", r"\\d+", re.escape(command))


@pytest.mark.e2e
@pytest.mark.tools
@pytest.mark.usefixtures("bare", "published", "no_shop")
def test_installing_and_removing_by_kubectl(environ: dict[str, str], kubectl: Kubectl) -> None:
    install, sample, ready, remove, remove_resources, remove_all = BY_KUBECTL
    play(install, environ)
    play(sample, environ)
    play(ready, environ, instead=f"{ready} -n shop --timeout=120s")
    play(remove, environ)
    assert not kubectl("get", "namespace", "dataservice-system", "--ignore-not-found")
    assert kubectl("get", "--namespace=shop", "dataservice/orders")
    play(install, environ)
    play(remove_resources, environ)
    assert not kubectl("get", "--namespace=shop", "dataservices")
    play(remove_all, environ)
    assert not kubectl("get", "--ignore-not-found", CRD)


@pytest.mark.e2e
@pytest.mark.tools
@pytest.mark.usefixtures("bare", "published")
def test_installing_and_removing_by_helm(environ: dict[str, str], kubectl: Kubectl) -> None:
    install, upgrade, remove, remove_all = BY_HELM
    play(install, environ)
    play(upgrade, environ)
    assert kubectl("get", "--namespace=dataservice-system", "deployment/dataservice-operator")
    play(remove, environ)
    assert kubectl("get", CRD)
    play(remove_all, environ)
    assert not kubectl("get", "--ignore-not-found", CRD)


@pytest.mark.e2e
@pytest.mark.tools
@pytest.mark.usefixtures("bare", "published", "no_shop")
def test_the_service_without_the_operator(environ: dict[str, str], shop: Shop) -> None:
    for command in PLAIN:
        there = command.replace("mongodb.example.com", f"mongodb.{shop.namespace}.svc")
        there = there.replace(":27017/'", ":27017/?directConnection=true'")
        play(command, environ, instead=f"{there} --timeout=120s" if "rollout status" in there else there)


@pytest.mark.tools
@pytest.mark.parametrize(("command", "folder"), SERVERS.items())
def test_the_service_serves_with_nothing_configured(command: str, folder: Path, tmp_path: Path) -> None:
    port = free_port()
    there = re.sub(r"--host \S+ --port \d+", f"--host 127.0.0.1 --port {port}", command)
    environ = {
        "PATH": os.environ["PATH"],
        "DATASERVICE_DATABASE__SQLITE__PATH": str(tmp_path / "dataservice.db"),
        "DATASERVICE_ADMIN__PORT": "0",
    }
    with (tmp_path / "log").open("w") as log:
        server = subprocess.Popen(
            there.split(), cwd=folder, env=environ, stdout=log, stderr=log, start_new_session=True
        )
    try:
        url = f"http://127.0.0.1:{port}/data"
        assert eventually(lambda: _posted(url)) == httpx.codes.CREATED, (tmp_path / "log").read_text()
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(timeout=30)


def _posted(url: str) -> int | None:
    try:
        return httpx.post(url, json={"any": "object"}, trust_env=False).status_code
    except httpx.TransportError:
        return None


@pytest.mark.e2e
@pytest.mark.tools
@pytest.mark.parametrize("command", IN_THE_CHECKOUT)
def test_commands_in_the_checkout_work_and_leave_it_as_it_was(
    command: str,
    environ: dict[str, str],
    images: None,  # noqa: ARG001 - their sizes are told
) -> None:
    before = _changes()
    play(command, {**environ, **(OTHER_CLUSTER if "down" in command else {})})
    assert _changes() == before


def _changes() -> str:
    return subprocess.check_output(["git", "diff"], cwd=ROOT, text=True)


@pytest.mark.tools
@pytest.mark.parametrize("command", SELECTIONS)
def test_selections_of_the_suite_select_something(command: str) -> None:
    words = [str(ROOT / ".venv/bin/pytest"), *shlex.split(command)[1:], "--collect-only", "-q"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_a_misspelt_setting_is_told_as_the_readme_shows_it() -> None:
    [command] = REFUSED
    readme = (ROOT / "README.md").read_text()
    [told] = re.findall(rf"^\$ {re.escape(command)}\n(.*)$", readme, re.MULTILINE)
    environ = {"PATH": os.environ["PATH"]}
    done = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert done.stderr.strip() == told
