"""The pipeline, from its own workflow file: its steps run against the real cluster, and a registry of the test's own.

What this leaves to GitHub: checking out, its logins, the approval, and BuildKit's attestations.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cluster import base, pipconfig, registry
from tests.cluster.state import Cluster
from tests.delivery.commands_test import PUBLISH
from tests.delivery.conftest import SYSTEM
from tests.support.kubectl import Kubectl
from tests.support.workflow import Workflow, runner_environ

pytestmark = [pytest.mark.e2e, pytest.mark.tools, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / ".github/workflows/deploy.yaml"
SMOKE = ROOT / "tests/delivery/smoke"
OPERATOR = (f"--namespace={SYSTEM}", "deployment/dataservice-operator")
MISSING = "sha256:" + "0" * 64

Start = Callable[..., Workflow]


@pytest.fixture(scope="module")
def builder(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Variables with which images are built here: without Docker, from a stand-in of the base image."""
    folder = tmp_path_factory.mktemp("builder")
    secrets = pipconfig.secrets(folder)
    variables = {"BUILDAH_ISOLATION": "chroot", "PIP_CONFIG_FILE": str(secrets["pip"])}
    if "ca" in secrets:
        variables["PIP_CERT"] = str(secrets["ca"])
    return variables | {"BASE_IMAGE": base.provide(lambda _: None)}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, cluster: Cluster) -> Iterator[str]:  # noqa: ARG001 - it pulls
    with registry.serving() as found:
        yield found


@pytest.fixture(scope="module")
def start(
    cluster: Cluster,
    address: str,
    builder: dict[str, str],
    commands: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Start:
    """A run of the workflow, as after a push, with secrets as given."""

    def started(**secrets: str) -> Workflow:
        folder = tmp_path_factory.mktemp("runner")
        registries = folder / "registries.conf"
        registries.write_text(f'[[registry]]\nlocation = "{address}"\ninsecure = true\n')
        contexts = {
            "secrets.KUBECONFIG": cluster.kubeconfig.read_text(),
            "secrets.GITHUB_TOKEN": "a token",
            "github.repository_owner": "Example",
            "github.repository": "Example/dataservice",
            "github.server_url": "https://github.com",
            "github.sha": subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=ROOT, text=True).strip(),
            **{f"secrets.{name}": value for name, value in secrets.items()},
        }
        environ = runner_environ(CONTAINERS_REGISTRIES_CONF=str(registries), WAIT_SECONDS="120", **builder)
        environ["PATH"] = f"{commands}:{environ['PATH']}"
        return Workflow(FILE, contexts, environ, folder)

    return started


@pytest.fixture(scope="module")
def published(start: Start, address: str) -> dict[str, str]:
    """References by digest of both images, as the job `images` tells them."""
    job = start().run("images", REGISTRY=f"{address}/Example")
    assert job.succeeded, job.log
    return dict(job.outputs)


def run_of(start: Start, published: dict[str, str], **secrets: str) -> Workflow:
    """A run whose images are there."""
    workflow = start(**secrets)
    for name, reference in published.items():
        workflow.know(f"needs.images.outputs.{name}", reference)
    return workflow


def operator_images(kubectl: Kubectl) -> list[str]:
    [container] = kubectl.json("get", *OPERATOR)["spec"]["template"]["spec"]["containers"]
    variables = {variable["name"]: variable.get("value") for variable in container["env"]}
    return [container["image"], variables["DATASERVICE_OPERATOR_DEFAULT_IMAGE"]]


def recorded(kubectl: Kubectl) -> dict[str, Any]:
    data: dict[str, Any] = kubectl.json("get", f"--namespace={SYSTEM}", "configmap/dataservice-release")[
        "data"
    ]
    return data


def overlay_with_more(folder: Path) -> str:
    """The overlay that is shipped and one ConfigMap more, by its path from the checkout."""
    more = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "more", "namespace": SYSTEM}}
    (folder / "more.yaml").write_text(json.dumps(more))
    shipped = os.path.relpath(ROOT / "k8s/overlays/cluster", folder)
    (folder / "kustomization.yaml").write_text(json.dumps({"resources": [shipped, "more.yaml"]}))
    return os.path.relpath(folder, ROOT)


def test_the_images_are_pushed_and_named_by_digest(published: dict[str, str], address: str) -> None:
    assert set(published) == {"operator", "service"}
    for name, reference in published.items():
        assert reference.startswith(f"{address}/example/{name}@sha256:")


def test_the_readme_s_command_publishes_them_too(
    start: Start, published: dict[str, str], address: str
) -> None:
    """The same sources and the same labels, so the same digests."""
    command = PUBLISH.replace("registry.example.com/dataservice", f"{address}/example")
    environ = {**start().environ, "SOURCE": "https://github.com/Example/dataservice"}
    done = subprocess.run(command.split(), cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for reference in published.values():
        assert f"pushed {reference}\n" in done.stdout


def test_the_secrets_are_there(start: Start) -> None:
    job = start().run("preflight")
    assert job.succeeded, job.log


def test_a_missing_secret_stops_it_before_it_builds_and_is_named(start: Start) -> None:
    workflow = start(KUBECONFIG="")
    job = workflow.run("preflight")
    assert not job.succeeded
    assert "secret KUBECONFIG is missing in the environment 'staging'" in job.log
    assert "gh secret set KUBECONFIG --env staging" in job.log
    assert workflow.jobs["images"]["needs"] == "preflight"


def test_a_secret_that_opens_no_cluster_stops_it_and_is_not_shown(start: Start, cluster: Cluster) -> None:
    elsewhere = cluster.kubeconfig.read_text().replace(cluster.url, "https://127.0.0.1:1")
    job = start(KUBECONFIG=elsewhere).run("preflight")
    assert not job.succeeded
    assert "the secret KUBECONFIG opens no cluster" in job.log
    assert "client-key-data" not in job.log


def test_without_its_secret_production_stops_before_it_touches_the_cluster(
    start: Start, published: dict[str, str]
) -> None:
    workflow = run_of(start, published, KUBECONFIG="")
    job = workflow.run("production")
    assert job.codes == {"Take the cluster's credentials": 1}
    assert "secret KUBECONFIG is missing" in job.log


@pytest.mark.usefixtures("bare", "images")
def test_a_release_is_deployed_by_digest_proved_and_recorded_and_a_bad_one_is_taken_back(
    start: Start, published: dict[str, str], kubectl: Kubectl, tmp_path: Path
) -> None:
    good = [published["operator"], published["service"]]
    samples = {"SAMPLES": str(SMOKE.relative_to(ROOT))}

    first = run_of(start, published).run("staging", **samples)
    assert first.succeeded, first.log
    assert operator_images(kubectl) == good
    assert recorded(kubectl)["operator"] == published["operator"]
    assert not kubectl("get", "namespace", "dataservice-smoke", "--ignore-not-found")

    unpullable = {
        "OPERATOR_IMAGE": published["operator"].partition("@")[0] + f"@{MISSING}",
        "WAIT_SECONDS": "15",
    }
    second = run_of(start, published).run("staging", **samples, **unpullable)
    assert second.codes["Wait for the rollout"] == 1, second.log
    assert "Smoke test" not in second.codes
    assert second.codes["Roll back"] == 0, second.log
    assert operator_images(kubectl) == good
    assert recorded(kubectl)["operator"] == published["operator"]

    with_more = {"OVERLAY": overlay_with_more(tmp_path)}
    not_a_service = {"SERVICE_IMAGE": published["operator"], "WAIT_SECONDS": "30"}
    third = run_of(start, published).run("production", **samples, **with_more, **not_a_service)
    assert third.codes["Smoke test"] == 1, third.log
    assert "Record as the release to go back to" not in third.codes
    assert third.codes["Roll back"] == 0, third.log
    assert "CrashLoop" in third.log
    assert operator_images(kubectl) == good
    assert not kubectl("get", f"--namespace={SYSTEM}", "configmap/more", "--ignore-not-found")
    assert not kubectl("get", "namespace", "dataservice-smoke", "--ignore-not-found")


@pytest.mark.usefixtures("bare")
def test_a_first_release_that_fails_stays_to_be_looked_at(
    start: Start, published: dict[str, str], kubectl: Kubectl
) -> None:
    unpullable = {
        "OPERATOR_IMAGE": published["operator"].partition("@")[0] + f"@{MISSING}",
        "WAIT_SECONDS": "5",
    }
    job = run_of(start, published).run("staging", **unpullable)
    assert job.codes["Roll back"] == 1
    assert "no release is recorded on this cluster to go back to" in job.log
    assert MISSING in operator_images(kubectl)[0]
