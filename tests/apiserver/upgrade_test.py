"""What each release has left in its users' clusters goes on under this checkout's CRD and operator.

The objects are put where the API server keeps them, as that release's operator left them (tests/upgrade/record.py).
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dataservice_operator.cluster.kinds import DATA_SERVICE, DEPLOYMENT
from tests.apiserver.conftest import ROOT
from tests.cluster.state import Cluster
from tests.support.etcd import Etcd
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl, KubectlError, fresh_namespace, install_crds
from tests.support.operator_process import OperatorProcess
from tests.upgrade.record import Manifest, Record, current, listed, records, settled

pytestmark = pytest.mark.apiserver

ANOTHER = "registry.example.com/service:of-the-new-release"
"""The new operator's default image: nobody's pods may move to it."""


@pytest.fixture(params=records(), ids=lambda record: record.version)
def record(request: pytest.FixtureRequest) -> Record:
    recorded: Record = request.param
    return recorded


@pytest.fixture
def upgraded(
    kubectl: Kubectl, api_server: Cluster, service_monitors: str, record: Record, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """This checkout's operator, at rest where that of the release was at work before; with this checkout's CRD."""
    assert service_monitors
    with fresh_namespace(kubectl, record.namespace):
        try:
            install_crds(kubectl, record.crd_file)
            etcd = Etcd.of(api_server)
            for live in record.left:
                etcd.put(live)
            eventually(_when_known(lambda: len(listed(kubectl, record.namespace)) >= len(record.left)))
        finally:
            install_crds(kubectl, ROOT / "crds")
        operator = OperatorProcess(
            api_server.kubeconfig,
            tmp_path / "operator.log",
            watch_namespaces=record.namespace,
            default_image=ANOTHER,
        )
        try:
            operator.start()
            eventually(_when_known(lambda: settled(kubectl, record.namespace, operator)))
            yield operator
        finally:
            operator.close()


def test_an_upgrade_replaces_no_pod_and_no_child_and_leaves_ready_what_was_ready(
    upgraded: OperatorProcess, kubectl: Kubectl, record: Record
) -> None:
    before, after = _by_name(record.left), _by_name(listed(kubectl, record.namespace))
    for name, live in before.items():
        assert name in after, f"{name} is gone"
        assert after[name]["metadata"]["uid"] == live["metadata"]["uid"], f"{name} was made anew"
    for name, live in before.items():
        if live["kind"] == DEPLOYMENT.name:
            assert after[name]["spec"]["template"] == live["spec"]["template"], name
        if live["kind"] == DATA_SERVICE.name:
            assert after[name]["spec"] == live["spec"], name
            assert after[name]["status"]["image"] == live["status"]["image"] != ANOTHER, name
            assert _ready(after[name]) == _ready(live), name
    kinds = [live["kind"] for live in after.values()]
    assert kinds.count("ReplicaSet") == kinds.count("Deployment") == kinds.count("DataService")
    assert upgraded.metric("dataservice_operator_repairs_total") == 0

    edit = '--patch={"spec":{"config":{"TZ":"UTC"}}}'
    kubectl(f"--namespace={record.namespace}", "patch", "dataservice", "least", "--type=merge", edit)
    eventually(lambda: '"TZ"' in json.dumps(_template(kubectl, record)))
    assert ANOTHER not in json.dumps(_template(kubectl, record))


def test_what_users_have_in_their_repositories_is_taken_by_the_new_crd(
    crd: str, kubectl: Kubectl, record: Record
) -> None:
    assert crd
    with fresh_namespace(kubectl) as namespace:
        for live in record.left:
            if live["kind"] == DATA_SERVICE.name:
                metadata = {"name": live["metadata"]["name"]}
                manifest = {**live, "metadata": metadata, "status": None}
                kubectl(
                    f"--namespace={namespace}",
                    "create",
                    "--dry-run=server",
                    "--filename=-",
                    manifest=manifest,
                )


@pytest.mark.usefixtures("crd", "service_monitors")
def test_this_checkout_can_be_recorded_once(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.upgrade", f"--into={tmp_path}"]
    subprocess.run(command, cwd=ROOT, check=True)
    recorded = current(tmp_path)
    assert recorded.crd == yaml.safe_load((ROOT / "crds/dataservice.dev_dataservices.yaml").read_text())
    kinds = Counter(live["kind"] for live in recorded.left)
    assert kinds["DataService"] == kinds["Deployment"] == kinds["Service"] == 5
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"{recorded.version} is recorded: raise the version" in done.stderr


def _when_known(look: Callable[[], bool]) -> Callable[[], bool]:
    """An API server whose CRD was just changed may not know the kind for a moment."""

    def looked() -> bool:
        try:
            return look()
        except KubectlError:
            return False

    return looked


def _by_name(objects: list[Manifest]) -> dict[str, Manifest]:
    return {f"{live['kind']}/{live['metadata']['name']}": live for live in objects}


def _ready(live: Manifest) -> tuple[str, str]:
    [ready] = [known for known in live["status"]["conditions"] if known["type"] == "Ready"]
    return ready["status"], ready["reason"]


def _template(kubectl: Kubectl, record: Record) -> Any:
    live = kubectl.json(f"--namespace={record.namespace}", "get", "deployment", "least")
    return live["spec"]["template"]["spec"]
