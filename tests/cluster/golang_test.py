from pathlib import Path

import pytest

from tests.cluster import golang, versions
from tests.cluster.golang import Module


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATASERVICE_CACHE", str(tmp_path))
    (tmp_path / "bin").mkdir()
    return tmp_path


def test_a_binary_is_kept_under_its_version(cache: Path) -> None:
    assert golang.binary("kubectl") == cache / "bin" / f"kubectl-{versions.KUBERNETES}"


def test_what_is_built_is_not_built_again() -> None:
    for name in golang.CONTROL_PLANE:
        golang.binary(name).touch()
    assert golang.build_tasks(golang.CONTROL_PLANE) == []
    assert [task.title for task in golang.build_tasks(("kubelet", "kubectl"))] == [
        f"build kubernetes {versions.KUBERNETES} (1 program)"
    ]


@pytest.mark.parametrize(
    ("package", "name"),
    [
        ("k8s.io/kubernetes/cmd/kubelet", "kubelet"),
        ("go.etcd.io/etcd/server/v3", "server"),
        ("github.com/coredns/coredns", "coredns"),
    ],
)
def test_go_names_a_program_by_its_package_and_not_by_a_version(package: str, name: str) -> None:
    assert golang._built_name(package) == name


def test_kubernetes_is_told_its_version_and_others_are_not() -> None:
    assert f"gitVersion=v{versions.KUBERNETES}" in golang._linker_flags(golang.KUBERNETES)
    assert golang._linker_flags(Module("any", "example.org/any", "1.0.0", {})) == "-s -w"
