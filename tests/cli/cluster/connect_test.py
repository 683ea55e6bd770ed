"""Kubeconfigs as people have them, broken ones among them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_dataservice.cluster.connect import connect
from kubectl_dataservice.errors import Exit, Problem
from tests.support.kubeconfig import without_credentials

GOOD = without_credentials("http://127.0.0.1:1")


@pytest.fixture
def kubeconfig(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file that KUBECONFIG names."""
    file = tmp_path / "kubeconfig"
    file.write_text(yaml.safe_dump(GOOD))
    monkeypatch.setenv("KUBECONFIG", str(file))
    return file


def test_the_namespace_is_the_options_or_the_contexts_or_default(kubeconfig: Path) -> None:
    assert connect().namespace == "default"
    config = {
        **GOOD,
        "contexts": [{"name": "faulty", "context": {**GOOD["contexts"][0]["context"], "namespace": "shop"}}],
    }
    kubeconfig.write_text(yaml.safe_dump(config))
    assert connect().namespace == "shop"
    assert connect("warehouse").namespace == "warehouse"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[]",
        "text",
        "a: [",
        "{}",
        "{clusters: 1, contexts: 2, users: 3, current-context: x}",
        yaml.safe_dump({**GOOD, "clusters": []}),
        yaml.safe_dump({**GOOD, "contexts": None}),
        yaml.safe_dump({**GOOD, "current-context": "gone"}),
        yaml.safe_dump({**GOOD, "current-context": ""}),
    ],
)
def test_a_broken_one_is_told_with_its_file(kubeconfig: Path, content: str) -> None:
    kubeconfig.write_text(content)
    with pytest.raises(Problem, match=f"the kubeconfig {kubeconfig} ") as raised:
        connect()
    assert raised.value.exit_code is Exit.UNREACHABLE


@pytest.mark.parametrize(
    "cluster",
    [
        {"server": "https://127.0.0.1:1", "certificate-authority": "/nowhere/ca.crt"},
        {"server": "https://127.0.0.1:1", "certificate-authority-data": "bm9uZQ=="},
        {"server": "https://127.0.0.1:1", "certificate-authority-data": "???"},
        {"server": "nonsense"},
        {},
    ],
)
def test_a_cluster_that_cannot_be_spoken_to_is_a_problem_at_the_latest_when_it_is_asked(
    kubeconfig: Path, cluster: dict[str, Any]
) -> None:
    kubeconfig.write_text(yaml.safe_dump({**GOOD, "clusters": [{"name": "faulty", "cluster": cluster}]}))
    with pytest.raises(Problem) as raised:
        connect(seconds=1).read("/version")
    assert raised.value.exit_code is Exit.UNREACHABLE
