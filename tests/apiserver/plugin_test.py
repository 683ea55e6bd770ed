"""kubectl dataservice against a real API server: what it shows, what it changes, and what keeps it from that."""

import json
import os
import pty
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_dataservice.errors import Exit
from tests.apiserver.conftest import CRD, ROOT
from tests.apiserver.scene import Scene
from tests.cluster.ports import free_port
from tests.cluster.state import Cluster
from tests.support.data_service import smallest
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl, install_crds
from tests.support.plugin import Plugin

pytestmark = pytest.mark.apiserver

EVERYTHING = {
    "autoscaling": {"minReplicas": 2, "maxReplicas": 4},
    "ingress": {"host": "orders.example.com"},
    "podDisruptionBudget": {"maxUnavailable": 1},
    "networkPolicy": {"enabled": True},
    "monitoring": {"serviceMonitor": True},
}
BIN = Path(sys.executable).parent


@pytest.fixture
def plugin(api_server: Cluster, namespace: str, capsys: pytest.CaptureFixture[str]) -> Plugin:
    return Plugin(api_server.kubeconfig, namespace, capsys)


@pytest.fixture
def parent(kubectl: Kubectl, namespace: str) -> str:
    """A DataService that no operator watches; its name."""
    kubectl(f"--namespace={namespace}", "apply", "--filename=-", manifest=smallest())
    return "orders"


@pytest.fixture
def account(kubectl: Kubectl, namespace: str, plugin: Plugin, tmp_path: Path) -> Callable[..., Path]:
    """Kubeconfig of an account with these verbs on DataServices and no other right."""

    def account(*verbs: str) -> Path:
        kubectl(f"--namespace={namespace}", "create", "serviceaccount", "viewer")
        if verbs:
            role = ("--verb=" + ",".join(verbs), "--resource=dataservices")
            kubectl(f"--namespace={namespace}", "create", "role", "viewer", *role)
            who = ("--role=viewer", f"--serviceaccount={namespace}:viewer")
            kubectl(f"--namespace={namespace}", "create", "rolebinding", "viewer", *who)
        token = kubectl(f"--namespace={namespace}", "create", "token", "viewer").strip()
        return plugin.with_config(tmp_path / "viewer", user={"token": token})

    return account


def _applied(scene: Scene, **spec: Any) -> None:
    scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
    scene.apply(spec=spec)
    eventually(scene.settled)


class TestSteering:
    def test_suspend_and_resume_say_what_they_did_and_are_done_once(
        self, plugin: Plugin, kubectl: Kubectl, namespace: str, parent: str
    ) -> None:
        said = [plugin(verb, parent).out for verb in ("suspend", "suspend", "resume", "resume")]
        assert said == [
            f"dataservice.dataservice.dev/orders {done}\n"
            for done in ("suspended", "suspended already", "resumed", "resumed already")
        ]
        stored = kubectl.json(f"--namespace={namespace}", "get", "dataservice", parent)
        assert stored["spec"]["suspend"] is False
        assert stored["metadata"]["generation"] == 3

    def test_restart_waits_until_the_operator_has_rolled_the_pods(self, plugin: Plugin, scene: Scene) -> None:
        _applied(scene, replicas=0)
        ended = plugin("restart", "orders", "--wait", "--timeout", "30s")
        assert (ended.code, ended.err) == (Exit.OK, "")
        assert ended.out.splitlines() == [
            "dataservice.dataservice.dev/orders restarted",
            "dataservice.dataservice.dev/orders rolled out",
        ]
        annotations = scene.get("deployment", "orders")["spec"]["template"]["metadata"]["annotations"]
        stamp = scene.get("dataservice", "orders")["metadata"]["annotations"]["dataservice.dev/restartedAt"]
        assert annotations["dataservice.dev/restartedAt"] == stamp

    def test_a_suspended_one_is_not_restarted(self, plugin: Plugin, parent: str) -> None:
        plugin("suspend", parent)
        plugin("restart", parent).refused(Exit.NO, "is suspended", "kubectl dataservice resume orders -n ")

    def test_a_restart_that_nobody_does_times_out(self, plugin: Plugin, parent: str) -> None:
        ended = plugin("restart", parent, "--wait", "--timeout", "1s")
        assert (ended.code, ended.out) == (Exit.TIMED_OUT, "dataservice.dataservice.dev/orders restarted\n")
        told = "the operator has not acted yet; NotObserved: No operator has seen it yet."
        assert ended.err == f"error: timed out after 1s: {told}\n"


class TestStatus:
    def test_it_shows_the_children_why_it_is_not_ready_and_what_to_do(
        self, plugin: Plugin, scene: Scene
    ) -> None:
        scene.apply(spec=EVERYTHING)
        eventually(lambda: scene.condition().get("reason") == "SecretNotFound" and scene.settled(9))
        ended = plugin("status", "orders")
        assert ended.code == Exit.NO
        assert f"orders in namespace {scene.namespace}: not ready (SecretNotFound)" in ended.out
        assert "  why:        Secret 'orders-mongo' does not exist" in ended.out
        assert f"  what to do: Create it in namespace {scene.namespace}" in ended.out
        eventually(lambda: plugin("status", "orders").out.count("Pod/orders-") == 2)
        for child in ("Deployment", "ReplicaSet", "Service", "Ingress", "NetworkPolicy", "ServiceMonitor"):
            assert f"{child}/orders" in ended.out

    def test_without_a_name_it_is_a_table(self, plugin: Plugin, parent: str, namespace: str) -> None:
        head, row = plugin("status").out.splitlines()
        assert head.split() == ["NAME", "READY", "REASON", "PODS", "AGE", "MESSAGE"]
        assert row.split()[:4] == [parent, "False", "NotObserved", "0/0"]
        everywhere = plugin("status", "-A").out
        assert f"{namespace}   orders" in everywhere

    def test_it_waits_for_readiness_in_vain_or_not_and_tells_programs_the_same(
        self, plugin: Plugin, scene: Scene
    ) -> None:
        scene.apply(spec={"replicas": 0})
        late = plugin("status", "orders", "--wait", "--timeout", "0")
        assert late.code == Exit.TIMED_OUT
        assert late.err.startswith("error: timed out after 0s: ")
        scene("create", "secret", "generic", "orders-mongo", "--from-literal=uri=mongodb://db")
        ended = plugin("status", "orders", "--wait", "--timeout", "30s", "-o", "json")
        told = json.loads(ended.out)
        assert (ended.code, told["ready"], told["reason"]) == (Exit.OK, True, "ScaledToZero")
        kinds = {child["kind"] for child in told["children"]}
        assert kinds == {"Deployment", "Service", "ConfigMap", "ServiceAccount"}
        assert yaml.safe_load(plugin("status", "orders", "-o", "yaml").out) == told

    def test_it_does_not_wait_for_what_only_an_edit_can_heal(self, plugin: Plugin, scene: Scene) -> None:
        scene.apply(spec={"data": {"schema": {"type": "objekt"}}})
        ended = plugin("status", "orders", "--wait", "--timeout", "1h")
        assert (ended.code, ended.err) == (Exit.NO, "")
        assert "stalled (InvalidSchema)" in ended.out

    def test_who_may_see_nothing_but_data_services_is_told_so(
        self, plugin: Plugin, account: Callable[..., Path], parent: str
    ) -> None:
        ended = plugin("status", parent, kubeconfig=account("get"))
        assert ended.code == Exit.NO
        told = " ".join(ended.out.split())
        assert "Deployment ?? cannot be seen: no right to list deployments" in told
        assert "missing" not in ended.out


class TestDiff:
    def test_at_rest_nothing_differs_and_then_what_somebody_changed(
        self, plugin: Plugin, scene: Scene
    ) -> None:
        _applied(scene, **EVERYTHING)
        eventually(lambda: plugin("diff", "orders").code == Exit.OK)
        assert (plugin("diff", "orders").out, plugin("diff", "orders").err) == ("", "")
        plugin("suspend", "orders")
        eventually(lambda: scene.condition("Suspended").get("status") == "True")
        scene("set", "image", "deployment/orders", "service=example.com/other:1")
        scene("delete", "service", "orders")
        ended = plugin("diff", "orders")
        assert ended.code == Exit.NO
        assert "-        image: example.com/other:1" in ended.out
        assert "+        image: ghcr.io/dataservice-dev/service:" in ended.out
        assert "--- live/Service/orders" in ended.out
        assert ended.err == "note: DataService 'orders' is suspended: the operator changes nothing of it\n"
        told = json.loads(plugin("diff", "orders", "-o", "json").out)
        by_kind = {item["kind"]: item for item in told["items"]}
        actions = {kind: item["action"] for kind, item in by_kind.items()}
        assert actions == {"Deployment": "change", "Service": "create"}
        (change,) = by_kind["Deployment"]["changes"]
        assert change["path"] == "/spec/template/spec/containers/0/image"

    def test_of_a_file_it_shows_what_applying_would_change(
        self, plugin: Plugin, scene: Scene, tmp_path: Path
    ) -> None:
        _applied(scene, ingress=EVERYTHING["ingress"])
        eventually(lambda: plugin("diff", "orders").code == Exit.OK)
        file = tmp_path / "orders.yaml"
        file.write_text(
            yaml.safe_dump_all([smallest(spec={"replicas": 3}), smallest(metadata={"name": "new"})])
        )
        told = json.loads(plugin("diff", "-f", str(file), "-o", "json").out)
        actions = [(item["action"], item["kind"], item["name"]) for item in told["items"]]
        assert ("change", "Deployment", "orders") in actions
        assert ("delete", "Ingress", "orders") in actions
        assert ("create", "Deployment", "new") in actions
        deployment = next(item for item in told["items"] if item["name"] == "orders")
        assert deployment["changes"] == [{"path": "/spec/replicas", "live": 1, "wanted": 3}]

    def test_an_object_of_somebody_else_is_left_alone(self, plugin: Plugin, scene: Scene) -> None:
        scene("create", "service", "clusterip", "orders", "--tcp=80")
        scene.apply()
        eventually(lambda: scene.settled(kinds=4))
        ended = plugin("diff", "orders")
        assert (ended.code, ended.out) == (Exit.OK, "")
        assert (
            ended.err == "note: Service 'orders' is not of this DataService: the operator leaves it alone\n"
        )

    def test_who_may_not_see_the_children_is_told_which_right_is_missing(
        self, plugin: Plugin, account: Callable[..., Path], parent: str
    ) -> None:
        plugin("diff", parent, kubeconfig=account("get")).refused(Exit.FORBIDDEN, 'cannot list resource "')


class TestWithoutACluster:
    @pytest.fixture
    def refused(self, plugin: Plugin, tmp_path: Path) -> Callable[..., None]:
        def refused(code: Exit, *told: str, **changes: Any) -> None:
            changed = plugin.with_config(tmp_path / "other", **changes)
            for verb in ("status", "diff", "suspend", "restart"):
                plugin(verb, "orders", kubeconfig=changed).refused(code, *told)

        return refused

    def test_a_server_that_is_not_there(self, refused: Callable[..., None]) -> None:
        server = f"https://127.0.0.1:{free_port()}"
        refused(Exit.UNREACHABLE, server, "does not answer: ", "Connection refused", server=server)

    def test_a_server_that_another_authority_vouches_for(self, refused: Callable[..., None]) -> None:
        told = (
            "is not who the kubeconfig trusts: unable to get local issuer certificate",
            "certificate-authority",
        )
        refused(Exit.UNREACHABLE, *told, **{"certificate-authority-data": None})

    def test_a_host_that_nobody_knows(self, refused: Callable[..., None]) -> None:
        refused(Exit.UNREACHABLE, "https://nowhere.invalid:6443", server="https://nowhere.invalid:6443")

    def test_credentials_that_have_ended(self, refused: Callable[..., None]) -> None:
        told = ("does not take the credentials of context ", "log in again")
        refused(Exit.FORBIDDEN, *told, user={"token": "ended"})

    def test_a_context_that_is_not_there(self, plugin: Plugin) -> None:
        told = "has no context 'nope': see kubectl config get-contexts"
        plugin("status", "--context", "nope").refused(Exit.UNREACHABLE, told)


class TestWithoutRights:
    def test_the_missing_right_is_named(
        self, plugin: Plugin, account: Callable[..., Path], parent: str, namespace: str
    ) -> None:
        viewer = account("get")
        place = f'in the namespace "{namespace}"'
        told = ('cannot patch resource "dataservices"', place)
        for verb in ("suspend", "restart"):
            plugin(verb, parent, kubeconfig=viewer).refused(Exit.FORBIDDEN, *told)
        told = ('cannot list resource "dataservices"', place)
        plugin("status", kubeconfig=viewer).refused(Exit.FORBIDDEN, *told)

    def test_an_unknown_name_is_said_without_the_right_to_list_others(
        self, plugin: Plugin, account: Callable[..., Path]
    ) -> None:
        told = "name its namespace by -n"
        plugin("status", "orders", kubeconfig=account("get")).refused(Exit.NOT_FOUND, told)


class TestNames:
    def test_a_near_name_is_proposed(self, plugin: Plugin, parent: str) -> None:  # noqa: ARG002 - it is there
        plugin("status", "oders").refused(Exit.NOT_FOUND, "did you mean 'orders'?")
        plugin("suspend", "invoices").refused(Exit.NOT_FOUND, "there are orders")

    def test_an_empty_namespace_is_said(self, plugin: Plugin) -> None:
        plugin("restart", "orders").refused(Exit.NOT_FOUND, "there is none; name its namespace by -n")
        assert plugin("status").out.startswith("no DataServices in namespace 'test-")


class TestOtherCustomResourceDefinitions:
    @pytest.fixture
    def definition(self, kubectl: Kubectl, crd: str) -> Iterator[dict[str, Any]]:
        """The CRD, to be changed and applied; the committed one is there again afterwards."""
        (file,) = (ROOT / "crds").glob("*.yaml")
        yield yaml.safe_load(file.read_text())
        kubectl("delete", "--ignore-not-found", crd)
        install_crds(kubectl, ROOT / "crds")

    @pytest.mark.usefixtures("definition")
    def test_without_one_it_says_so(self, plugin: Plugin, kubectl: Kubectl, tmp_path: Path) -> None:
        kubectl("delete", CRD)
        told = "knows no DataService: install the operator with its CRD"
        for words in (["status"], ["status", "orders"], ["suspend", "orders"], ["diff", "orders"]):
            plugin(*words).refused(Exit.NOT_FOUND, told)
        file = tmp_path / "orders.yaml"
        file.write_text(yaml.safe_dump(smallest()))
        plugin("diff", "-f", str(file)).refused(Exit.NOT_FOUND, told)

    def test_one_with_other_versions_only_is_named(
        self, plugin: Plugin, kubectl: Kubectl, definition: dict[str, Any]
    ) -> None:
        (version,) = definition["spec"]["versions"]
        versions = [{**version, "name": "v1"}, {**version, "served": False, "storage": False}]
        kubectl(
            "replace",
            "--filename=-",
            manifest={**definition, "spec": {**definition["spec"], "versions": versions}},
        )
        told = "serves DataServices as v1, this plugin reads v1alpha1: upgrade the older of the two"
        eventually(lambda: "v1alpha1" in plugin("status", "orders").err)
        plugin("status", "orders").refused(Exit.NOT_FOUND, told)

    def test_an_old_one_that_lacks_a_field_is_not_written_to_in_vain(
        self, plugin: Plugin, kubectl: Kubectl, definition: dict[str, Any], parent: str
    ) -> None:
        (version,) = definition["spec"]["versions"]
        del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["suspend"]
        kubectl("replace", "--filename=-", manifest=definition)
        told = ('unknown field "spec.suspend"', "upgrade the CRD")
        eventually(lambda: plugin("suspend", parent).code == Exit.NO)
        plugin("suspend", parent).refused(Exit.NO, "the cluster's CRD is older than this plugin", *told)

    def test_a_newer_one_with_a_field_that_the_plugin_lacks_is_told(
        self, plugin: Plugin, kubectl: Kubectl, definition: dict[str, Any], namespace: str
    ) -> None:
        (version,) = definition["spec"]["versions"]
        version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["sparkle"] = {
            "type": "boolean"
        }
        kubectl("replace", "--filename=-", manifest=definition)
        sparkling = smallest(spec={"sparkle": True})

        def stored() -> bool:
            kubectl(
                f"--namespace={namespace}", "apply", "--filename=-", "--validate=false", manifest=sparkling
            )
            return "sparkle" in kubectl.json(f"--namespace={namespace}", "get", "dsvc", "orders")["spec"]

        eventually(stored)
        told = "/spec/sparkle: this plugin does not know the field: upgrade the plugin"
        plugin("diff", "orders").refused(Exit.USAGE, told)
        assert plugin("status", "orders").code == Exit.NO


class TestAsAProgram:
    @pytest.fixture
    def environment(
        self, api_server: Cluster, namespace: str, tmp_path: Path, plugin: Plugin
    ) -> dict[str, str]:
        """As a user has it who has installed the plugin and works in the namespace."""
        config = yaml.safe_load(plugin.kubeconfig.read_text())
        config["contexts"][0]["context"]["namespace"] = namespace
        (tmp_path / "own").write_text(yaml.safe_dump(config))
        path = f"{BIN}{os.pathsep}{api_server.kubectl.parent}{os.pathsep}{os.environ['PATH']}"
        return {"PATH": path, "KUBECONFIG": str(tmp_path / "own"), "HOME": str(tmp_path), "TERM": "xterm"}

    def test_kubectl_finds_it_and_completes_verbs_and_names(
        self, api_server: Cluster, environment: dict[str, str], parent: str
    ) -> None:
        def kubectl(*words: str) -> str:
            command = [str(api_server.kubectl), *words]
            return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout

        assert kubectl("dataservice", "suspend", parent) == "dataservice.dataservice.dev/orders suspended\n"
        assert kubectl("__complete", "dataservice", "sta") == "status\n:4\n"
        assert kubectl("__complete", "dataservice", "status", "or") == "orders\n:4\n"
        assert kubectl("__complete", "dataservice", "status", "-n", "default", "or").strip() == ":4"

    def test_bash_completes_the_program_itself(self, environment: dict[str, str], parent: str) -> None:
        script = (
            "source <(kubectl-dataservice completion bash)\n"
            "COMP_WORDS=(kubectl-dataservice resume o) COMP_CWORD=2\n"
            "_kubectl_dataservice_completion kubectl-dataservice\n"
            'echo "${COMPREPLY[@]}"'
        )
        done = subprocess.run(
            ["bash", "-c", script], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout == f"{parent}\n"

    def test_on_a_terminal_it_shows_what_it_waits_for_and_an_interrupt_ends_it_quietly(
        self, environment: dict[str, str], parent: str
    ) -> None:
        terminal, end = pty.openpty()
        command = ["kubectl-dataservice", "status", parent, "--wait"]
        process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=end)
        os.close(end)
        seen = b""
        while b"NotObserved" not in seen:
            seen += os.read(terminal, 1024)
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=20)
        os.close(terminal)
        assert (process.returncode, out) == (Exit.INTERRUPTED, b"")
        assert b"Traceback" not in seen

    @pytest.mark.parametrize(("variables", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
    def test_it_is_coloured_on_a_terminal_only(
        self, environment: dict[str, str], parent: str, variables: dict[str, str], *, coloured: bool
    ) -> None:
        terminal, end = pty.openpty()
        command = ["kubectl-dataservice", "status", parent]
        done = subprocess.run(command, env={**environment, **variables}, stdout=end, check=False)
        os.close(end)
        seen = os.read(terminal, 65_536)
        os.close(terminal)
        assert done.returncode == Exit.NO
        assert (b"\x1b[1;31m" in seen) is coloured
        piped = subprocess.run(command, env=environment, capture_output=True, check=False).stdout
        assert b"\x1b" not in piped

    def test_a_reader_that_goes_away_is_no_error(self, environment: dict[str, str]) -> None:
        reader, writer = os.pipe()
        os.close(reader)
        command = ["kubectl-dataservice", "--help"]
        done = subprocess.run(command, env=environment, stdout=writer, stderr=subprocess.PIPE, check=False)
        os.close(writer)
        assert (done.returncode, done.stderr) == (Exit.PIPE_CLOSED, b"")
