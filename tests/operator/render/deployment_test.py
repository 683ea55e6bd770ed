"""The Deployment: what its pods may do, and what rolls them."""

from dataclasses import replace
from typing import Any

import pytest

from dataservice_operator.render.deployment import deployment
from dataservice_operator.render.inputs import Inputs
from tests.operator.samples import EMBEDDED, FULL, INPUTS, data_service

RESTRICTED_VOLUMES = {"configMap", "secret", "emptyDir", "projected", "downwardAPI", "persistentVolumeClaim"}


def template(inputs: Inputs = INPUTS, **changes: Any) -> dict[str, Any]:
    rendered: dict[str, Any] = deployment(data_service(**changes), inputs, "orders-0")["spec"]["template"]
    return rendered


def pod(**changes: Any) -> dict[str, Any]:
    spec: dict[str, Any] = template(**changes)["spec"]
    return spec


def container(**changes: Any) -> dict[str, Any]:
    (only,) = pod(**changes)["containers"]
    spec: dict[str, Any] = only
    return spec


class TestRestricted:
    """Each rule of the restricted standard (https://kubernetes.io/docs/concepts/security/pod-security-standards/)."""

    def test_no_namespace_of_the_host(self) -> None:
        assert not {"hostNetwork", "hostPID", "hostIPC"} & pod(**FULL).keys()

    def test_no_port_of_the_host(self) -> None:
        assert not any("hostPort" in port for port in container(**FULL)["ports"])

    def test_not_root(self) -> None:
        security = pod()["securityContext"]
        assert security["runAsNonRoot"] is True
        assert security["runAsUser"] == security["runAsGroup"] == 65532

    def test_the_runtimes_seccomp_profile(self) -> None:
        assert pod()["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}

    def test_no_privilege_and_none_to_gain(self) -> None:
        security = container()["securityContext"]
        assert security["allowPrivilegeEscalation"] is False
        assert not security.get("privileged")

    def test_no_capability(self) -> None:
        assert container()["securityContext"]["capabilities"] == {"drop": ["ALL"]}

    def test_only_volumes_that_hold_no_path_of_the_node(self) -> None:
        for volume in (*pod(**FULL)["volumes"], *pod(**EMBEDDED)["volumes"]):
            assert volume.keys() - {"name"} <= RESTRICTED_VOLUMES


def test_the_root_file_system_is_read_only_and_tmp_is_bounded() -> None:
    assert container()["securityContext"]["readOnlyRootFilesystem"] is True
    (tmp,) = [volume for volume in pod()["volumes"] if volume["name"] == "tmp"]
    assert tmp["emptyDir"]["sizeLimit"]


def test_every_mount_has_its_volume() -> None:
    mounts = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}
    assert mounts == {"config": "/etc/dataservice", "cursor": "/etc/dataservice-cursor", "tmp": "/tmp"}  # noqa: S108 - the pod's own
    assert mounts.keys() == {volume["name"] for volume in pod()["volumes"]}


def test_an_embedded_database_has_its_volume_mounted_to_write() -> None:
    (volume,) = [volume for volume in pod(**EMBEDDED)["volumes"] if "persistentVolumeClaim" in volume]
    (mount,) = [mount for mount in container(**EMBEDDED)["volumeMounts"] if mount["name"] == volume["name"]]
    assert volume["persistentVolumeClaim"] == {"claimName": "orders-data"}
    assert mount == {"name": volume["name"], "mountPath": "/var/lib/dataservice"}


def test_the_keys_of_clients_are_mounted_whole_and_read_only_so_that_the_kubelet_renews_them() -> None:
    assert {"name": "keys", "secret": {"secretName": "warehouse-keys"}} in pod(**FULL)["volumes"]
    mount = {"name": "keys", "mountPath": "/etc/dataservice-keys", "readOnly": True}
    assert mount in container(**FULL)["volumeMounts"], "a subPath would never be renewed"


def test_the_pods_get_no_token_and_no_service_links() -> None:
    assert pod()["automountServiceAccountToken"] is False
    assert pod()["enableServiceLinks"] is False


def test_a_pod_has_time_to_leave_the_service_and_to_drain() -> None:
    pause = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    (drain,) = [
        entry["value"] for entry in container()["env"] if entry["name"] == "DATASERVICE_DRAIN_SECONDS"
    ]
    assert pod()["terminationGracePeriodSeconds"] > pause + int(drain)


def test_only_readiness_asks_for_the_database() -> None:
    paths = {
        name: container()[name]["httpGet"]["path"]
        for name in ("startupProbe", "livenessProbe", "readinessProbe")
    }
    assert paths == {"startupProbe": "/startupz", "livenessProbe": "/livez", "readinessProbe": "/readyz"}


def test_the_pods_last_words_become_its_termination_message() -> None:
    assert container()["terminationMessagePolicy"] == "FallbackToLogsOnError"


@pytest.mark.parametrize("replicas", [0, 1, 7])
def test_replicas_are_those_of_the_spec(replicas: int) -> None:
    assert deployment(data_service(replicas=replicas), INPUTS, "orders-0")["spec"]["replicas"] == replicas


def test_under_autoscaling_the_replicas_are_the_autoscalers() -> None:
    spec = deployment(data_service(replicas=5, autoscaling={"maxReplicas": 9}), INPUTS, "orders-0")["spec"]
    assert "replicas" not in spec


def test_a_roll_never_takes_a_pod_away_first() -> None:
    strategy = deployment(data_service(), INPUTS, "orders-0")["spec"]["strategy"]
    assert strategy["rollingUpdate"]["maxUnavailable"] == 0


def test_a_roll_of_an_embedded_database_takes_the_pod_away_first() -> None:
    spec = deployment(data_service(**EMBEDDED), INPUTS, "orders-0")["spec"]
    assert spec["strategy"] == {"type": "Recreate"}


def test_the_selector_finds_the_pods_and_never_changes() -> None:
    selector = deployment(data_service(**FULL), INPUTS, "orders-0")["spec"]["selector"]["matchLabels"]
    assert selector == {"app.kubernetes.io/name": "dataservice", "app.kubernetes.io/instance": "orders"}
    assert selector.items() <= template(**FULL)["metadata"]["labels"].items()


def rolled(before: dict[str, Any], after: dict[str, Any]) -> bool:
    """Whether the Deployment controller would make new pods of it."""
    return before != after


def test_another_secret_value_or_cursor_key_rolls_the_pods() -> None:
    assert rolled(template(), template(replace(INPUTS, secret_hash="beef")))  # noqa: S106 - a hash
    assert rolled(template(), template(replace(INPUTS, cursor_key="4f1c")))


def test_a_secret_never_seen_leaves_no_hash() -> None:
    annotations = template(Inputs(image="x", image_pin="default:"))["metadata"]["annotations"]
    assert annotations == {"dataservice.dev/owner": "orders"}


def test_restarted_at_rolls_the_pods() -> None:
    restarted = template(annotations={"dataservice.dev/restartedAt": "2026-01-01"})
    assert rolled(template(), restarted)
    assert restarted["metadata"]["annotations"]["dataservice.dev/restartedAt"] == "2026-01-01"


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"annotations": {"example.com/note": "x"}}, id="an annotation of someone else"),
        pytest.param({"replicas": 9}, id="replicas"),
        pytest.param({"autoscaling": {"maxReplicas": 9}}, id="autoscaling"),
        pytest.param({"service": {"port": 81}}, id="the Service"),
        pytest.param({"generation": 8, "version": 99}, id="a generation"),
    ],
)
def test_what_the_pods_do_not_see_does_not_roll_them(change: dict[str, Any]) -> None:
    assert not rolled(template(), template(**change))


def test_another_rule_for_the_image_does_not_roll_the_pods() -> None:
    assert not rolled(template(), template(replace(INPUTS, image_pin="default:2")))
