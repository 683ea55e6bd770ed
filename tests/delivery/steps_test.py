"""What the pipeline's steps decide, without a cluster."""

import base64
import json
import stat
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from dataservice import __version__
from delivery.pipeline import images
from delivery.pipeline.errors import PipelineError
from delivery.pipeline.images import Build, buildkit_command
from delivery.pipeline.preflight import preflight, write_kubeconfig
from delivery.pipeline.release import Release, only_in, rendered
from tests.cluster import golang
from tests.support.required import unavailable

ROOT = Path(__file__).resolve().parents[2]
KUBECONFIG = "apiVersion: v1\nkind: Config\n"
DIGEST = "sha256:" + "1" * 64


def manifest(kind: str, name: str, namespace: str = "", api: str = "v1") -> dict[str, Any]:
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace}}


def test_every_missing_secret_is_named(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="secrets KUBECONFIG and GITHUB_TOKEN are missing"):
        preflight({}, tmp_path / "kubeconfig")
    with pytest.raises(PipelineError, match=r"secret GITHUB_TOKEN is missing in the environment 'staging'"):
        preflight({"KUBECONFIG_CONTENT": KUBECONFIG, "ENVIRONMENT": "staging"}, tmp_path / "kubeconfig")
    assert not (tmp_path / "kubeconfig").exists()


@pytest.mark.parametrize("content", [KUBECONFIG, base64.encodebytes(KUBECONFIG.encode()).decode()])
def test_the_kubeconfig_is_written_for_its_owner_alone(tmp_path: Path, content: str) -> None:
    path = tmp_path / "kubeconfig"
    write_kubeconfig({"KUBECONFIG_CONTENT": content}, path)
    assert path.read_text() == KUBECONFIG
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IRUSR | stat.S_IWUSR


def test_without_its_secret_a_job_stops_before_it_touches_the_cluster(tmp_path: Path) -> None:
    with pytest.raises(PipelineError, match="gh secret set KUBECONFIG --env production"):
        write_kubeconfig({"ENVIRONMENT": "production"}, tmp_path / "kubeconfig")


def test_a_kubeconfig_of_somebodys_own_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "config"
    path.write_text("mine")
    with pytest.raises(PipelineError, match="is there already"):
        write_kubeconfig({"KUBECONFIG_CONTENT": KUBECONFIG}, path)
    assert path.read_text() == "mine"


def test_buildkit_is_asked_for_sbom_and_provenance_and_the_time_of_the_commit() -> None:
    build = Build("service", "ghcr.io/example/service", "abc", "1700000000", {"BASE_IMAGE": "mirror/python"})
    words = buildkit_command(build, Path("metadata.json"))
    assert {"--sbom=true", "--provenance=mode=max", "--metadata-file=metadata.json"} <= set(words)
    assert "--output=type=image,name=ghcr.io/example/service:abc,push=true,rewrite-timestamp=true" in words
    assert "--build-arg=SOURCE_DATE_EPOCH=1700000000" in words
    assert f"--build-arg=VERSION={__version__}" in words
    assert "--build-arg=BASE_IMAGE=mirror/python" in words


def test_secrets_of_a_build_are_files_that_pip_knows_of() -> None:
    environ = {"PIP_CONFIG_FILE": "/run/pip.conf", "PIP_CERT": ""}
    build = Build("service", "ghcr.io/example/service", "abc", "0", environ)
    assert [word for word in build.words if "secret" in word] == ["--secret=id=pip,src=/run/pip.conf"]


def test_an_image_is_never_called_by_a_commit_that_is_not_checked_out() -> None:
    another = "HEAD^{tree}"  # there also where only one commit was fetched
    words = [
        sys.executable,
        "-m",
        "delivery.pipeline",
        "publish",
        "--registry=localhost:1",
        "--revision",
        another,
    ]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: {another} is not checked out")


def test_the_images_version_is_the_packages() -> None:
    assert images.version() == __version__


def test_taking_back_deletes_what_only_the_failed_release_has_but_never_a_crd_or_a_namespace() -> None:
    before = [manifest("ConfigMap", "a", "x"), manifest("Role", "a", "x", "rbac.authorization.k8s.io/v1")]
    failed = [
        *before,
        manifest("ConfigMap", "a", "y"),
        manifest("Role", "b", "x", "rbac.authorization.k8s.io/v1"),
        manifest("Namespace", "y"),
        manifest("CustomResourceDefinition", "c", api="apiextensions.k8s.io/v1"),
    ]
    assert [m["kind"] for m in only_in(failed, before)] == ["ConfigMap", "Role"]
    assert only_in(before, failed) == []


def test_an_object_whose_version_changed_is_the_same_object() -> None:
    older = [manifest("HorizontalPodAutoscaler", "a", "x", "autoscaling/v2beta2")]
    assert only_in([manifest("HorizontalPodAutoscaler", "a", "x", "autoscaling/v2")], older) == []


@pytest.fixture
def kubectl_on_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = golang.binary("kubectl")
    if not binary.exists():
        unavailable("needs kubectl: make cluster")
    (tmp_path / "kubectl").symlink_to(binary)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")


@pytest.mark.tools
@pytest.mark.usefixtures("kubectl_on_path")
def test_an_overlay_is_rendered_with_the_images_of_the_release() -> None:
    operator, service = f"ghcr.io/example/operator@{DIGEST}", f"ghcr.io/example/service@{DIGEST}"
    text = rendered(Release(ROOT / "k8s/overlays/cluster", operator, service, "abc"))
    assert f"image: {operator}\n" in text
    assert f"value: {service}\n" in text
    assert "ghcr.io/dataservice-dev" not in text


@pytest.mark.tools
@pytest.mark.usefixtures("kubectl_on_path")
def test_an_overlay_that_names_other_images_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.yaml").write_text(json.dumps(manifest("ConfigMap", "a", "x")))
    (tmp_path / "kustomization.yaml").write_text(json.dumps({"resources": ["empty.yaml"]}))
    with pytest.raises(PipelineError, match=r"names ghcr\.io/dataservice-dev/operator 0 times"):
        rendered(Release(tmp_path, "a", "b", "abc"))


def test_an_option_that_is_missing_is_named_with_its_variable() -> None:
    words = [sys.executable, "-m", "delivery.pipeline", "deploy", "--overlay=k8s/overlays/cluster"]
    done = subprocess.run(words, cwd=ROOT, env={}, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr == (
        "error: --operator is needed (or the variable OPERATOR_IMAGE): the operator's image, by digest\n"
    )


def test_a_program_that_is_not_there_is_one_line_for_people_and_one_for_github() -> None:
    words = [sys.executable, "-m", "delivery.pipeline", "wait"]
    environ = {"PATH": "/nowhere", "GITHUB_ACTIONS": "true"}
    done = subprocess.run(words, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines() == [
        "error: kubectl is not installed here, or not on PATH",
        "::error::kubectl is not installed here, or not on PATH",
    ]
