"""What is remembered of live objects, read from objects as a cluster shows them."""

from typing import Any

import pytest

from dataservice_operator.cluster.apply import Version
from dataservice_operator.reconcile import observed, observed_pod, observed_reference
from dataservice_operator.render.inputs import Claim
from tests.operator.reconcile.live import LABELS, container, raw_pod
from tests.operator.samples import UID

BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container"}}


def ended(code: int, message: str = "", reason: str = "Error") -> dict[str, Any]:
    return {"terminated": {"exitCode": code, "reason": reason, "message": message}}


def raw_deployment(**changes: Any) -> dict[str, Any]:
    return {
        "metadata": {
            "name": "orders",
            "namespace": "shop",
            "uid": "d-1",
            "resourceVersion": "5",
            "generation": 3,
            "labels": LABELS,
            "annotations": {"dataservice.dev/owner": "orders", "dataservice.dev/image-pin": "default:"},
            "ownerReferences": [{"kind": "DataService", "name": "orders", "uid": UID, "controller": True}],
            "managedFields": [
                {
                    "manager": "dataservice-operator",
                    "operation": "Apply",
                    "fieldsV1": {
                        "f:metadata": {"f:annotations": {}},
                        "f:spec": {"f:replicas": {}, "f:template": {"f:metadata": {}, "f:spec": {}}},
                    },
                }
            ],
        },
        "spec": {
            "replicas": 2,
            "template": {
                "metadata": {"annotations": {"dataservice.dev/secret-hash": "c0ffee"}},
                "spec": {"containers": [{"name": "service", "image": "service:1"}]},
            },
        },
        "status": {
            "observedGeneration": 2,
            "replicas": 3,
            "updatedReplicas": 1,
            "readyReplicas": 2,
            "availableReplicas": 2,
        },
        **changes,
    }


def test_a_deployment_is_remembered_by_its_counts_and_by_what_it_was_started_with() -> None:
    seen = observed.deployment(raw_deployment())
    assert (seen.generation, seen.observed_generation) == (3, 2)
    assert (seen.wanted, seen.replicas, seen.updated, seen.available) == (2, 3, 1, 2)
    assert (seen.image, seen.image_pin, seen.secret_hash) == ("service:1", "default:", "c0ffee")
    assert seen.owns_replicas
    assert not seen.failure


def test_what_others_wrote_over_ours_is_not_remembered_as_what_it_was_started_with() -> None:
    raw = raw_deployment()
    raw["metadata"]["managedFields"] = []
    seen = observed.deployment(raw)
    assert (seen.image, seen.image_pin, seen.secret_hash) == (None, None, None)


def raw_claim(**spec: Any) -> dict[str, Any]:
    """As the API server shows a claim that we made and that has its volume."""
    requests = {"requests": {"storage": "1Gi"}}
    return {
        **raw_deployment(status={"phase": "Bound"}),
        "spec": {"resources": requests, "storageClassName": "fast", **spec},
    }


def test_a_volume_claim_is_remembered_by_what_no_apply_may_change() -> None:
    assert observed.volume_claim(raw_claim()).claim == Claim(size="1Gi", bound=True, storage_class=None)


def test_a_storage_class_is_remembered_where_we_named_it() -> None:
    ours = raw_claim()
    ours["metadata"]["managedFields"][0]["fieldsV1"] = {"f:spec": {"f:storageClassName": {}}}
    assert observed.volume_claim(ours).claim.storage_class == "fast"


def test_a_volume_claim_that_waits_is_not_bound() -> None:
    assert not observed.volume_claim({**raw_claim(), "status": {"phase": "Pending"}}).claim.bound


def test_a_deployment_that_no_controller_has_seen_counts_nothing() -> None:
    seen = observed.deployment(raw_deployment(status={}))
    assert (seen.observed_generation, seen.replicas, seen.available) == (0, 0, 0)


def test_refused_pods_are_remembered_by_the_message() -> None:
    refused = {"type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small"}
    assert observed.deployment(raw_deployment(status={"conditions": [refused]})).failure == refused["message"]
    over = {**refused, "status": "False"}
    assert observed.deployment(raw_deployment(status={"conditions": [over]})).failure == ""


def test_a_deployment_of_which_nothing_that_counts_changed_is_the_same_but_is_written_as_it_is_now() -> None:
    before = raw_deployment()
    after = {**before, "metadata": {**before["metadata"], "resourceVersion": "6"}}
    assert observed.deployment(after) == observed.deployment(before)
    assert observed.deployment(after).version == Version("d-1", "6")


def test_a_refused_replica_set_is_remembered_by_the_message() -> None:
    refused = {
        "type": "Progressing",
        "status": "False",
        "reason": "ReplicaSetCreateError",
        "message": "exceeded quota: small",
    }
    assert observed.deployment(raw_deployment(status={"conditions": [refused]})).failure == refused["message"]
    rolling = {**refused, "status": "True", "reason": "ReplicaSetUpdated"}
    seen = observed.deployment(raw_deployment(status={"conditions": [rolling]}))
    assert (seen.failure, seen.progress) == ("", "ReplicaSetUpdated")


def test_a_paused_deployment_is_known_by_its_spec() -> None:
    raw = raw_deployment()
    assert not observed.deployment(raw).paused
    assert observed.deployment({**raw, "spec": {**raw["spec"], "paused": True}}).paused


@pytest.mark.parametrize(
    ("owner", "controller", "ours"),
    [
        pytest.param("orders", UID, True, id="made by us"),
        pytest.param("orders", None, True, id="handed over by annotation"),
        pytest.param(None, UID, True, id="made by us, the annotation removed"),
        pytest.param("other", UID, True, id="made by us, the annotation edited"),
        pytest.param("payments", None, False, id="handed over to another DataService"),
        pytest.param(None, None, False, id="a stranger's"),
        pytest.param("orders", "another-uid", False, id="of a DataService that had the name before"),
    ],
)
def test_a_child_is_its_controllers_or_else_the_annotations(
    owner: str | None, controller: str | None, *, ours: bool
) -> None:
    metadata = {
        "name": "orders",
        "namespace": "shop",
        "uid": "s-1",
        "resourceVersion": "5",
        "annotations": {"dataservice.dev/owner": owner} if owner else {},
        "ownerReferences": [{"uid": controller, "controller": True}] if controller else [],
    }
    assert observed.child({"metadata": metadata}).belongs_to("orders", UID) is ours


def test_a_strangers_object_with_no_label_and_no_annotation_can_be_read() -> None:
    metadata = {"name": "x", "namespace": "shop", "uid": "s-1", "resourceVersion": "5"}
    seen = observed.child({"metadata": metadata})
    assert (seen.instance, seen.owner, seen.deleting) == ("", None, False)


class TestPod:
    def test_one_that_answers(self) -> None:
        seen = observed_pod.pod(
            raw_pod(
                podIP="10.0.0.7",
                conditions=[{"type": "Ready", "status": "True"}, {"type": "PodScheduled", "status": "True"}],
                containerStatuses=container({"running": {"startedAt": "2026-05-01T12:00:00Z"}}),
            )
        )
        assert (seen.ready, seen.running, seen.ip) == (True, True, "10.0.0.7")
        assert (seen.waiting, seen.exit_message, seen.unschedulable) == ("", "", "")
        assert seen.group == ("shop", "orders")

    def test_one_with_a_container_of_somebody_else_is_known_by_ours(self) -> None:
        crashed = {"name": "a-sidecar", "state": {}, "lastState": ended(1, "theirs")}
        raw = raw_pod(containerStatuses=[crashed, *container({"running": {}})])
        raw["spec"]["containers"].insert(0, {"name": "a-sidecar", "image": "theirs"})
        seen = observed_pod.pod(raw)
        assert (seen.image, seen.running) == ("registry.example.com/dataservice:1", True)
        assert (seen.exit_reason, seen.exit_message) == ("", "")

    def test_one_just_made(self) -> None:
        seen = observed_pod.pod(raw_pod())
        assert (seen.ready, seen.running, seen.ip) == (False, False, "")

    def test_one_that_no_node_takes(self) -> None:
        scheduled = {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/1 nodes",
        }
        assert observed_pod.pod(raw_pod(conditions=[scheduled])).unschedulable == "0/1 nodes"

    def test_one_held_back_by_a_scheduling_gate_is_not_unschedulable(self) -> None:
        gated = {"type": "PodScheduled", "status": "False", "reason": "SchedulingGated", "message": "gated"}
        assert observed_pod.pod(raw_pod(conditions=[gated])).unschedulable == ""

    def test_one_that_crashes_tells_the_last_line_of_its_last_words(self) -> None:
        said = "Traceback ...\n\n  DATASERVICE_ADMIN__PORT: write a number\n\n"
        seen = observed_pod.pod(raw_pod(containerStatuses=container(BACK_OFF, ended(2, said))))
        assert seen.waiting == "CrashLoopBackOff"
        assert seen.exit_message == "exit code 2: DATASERVICE_ADMIN__PORT: write a number"

    def test_one_killed_without_a_word_tells_the_kubelets_reason(self) -> None:
        seen = observed_pod.pod(
            raw_pod(containerStatuses=container(BACK_OFF, ended(137, reason="OOMKilled")))
        )
        assert (seen.exit_reason, seen.exit_message) == ("OOMKilled", "exit code 137: OOMKilled")

    def test_of_two_ends_the_last_one_counts(self) -> None:
        seen = observed_pod.pod(raw_pod(containerStatuses=container(ended(2, "new"), ended(1, "old"))))
        assert seen.exit_message == "exit code 2: new"

    def test_one_that_has_just_ended_tells_it_before_any_restart(self) -> None:
        seen = observed_pod.pod(raw_pod(containerStatuses=container(ended(1, "no such host"))))
        assert seen.exit_message == "exit code 1: no such host"

    def test_last_words_are_cut(self) -> None:
        seen = observed_pod.pod(raw_pod(containerStatuses=container(BACK_OFF, ended(1, "x" * 4096))))
        assert len(seen.exit_message) < 600

    def test_one_that_stopped_as_asked_has_nothing_to_tell(self) -> None:
        seen = observed_pod.pod(raw_pod(containerStatuses=container({"running": {}}, ended(0, "bye"))))
        assert seen.exit_message == ""


def test_of_a_secret_only_metadata_is_remembered() -> None:
    metadata = {"name": "orders-mongo", "namespace": "shop", "uid": "s-1", "resourceVersion": "9"}
    seen = observed_reference.secret({"metadata": metadata, "data": {"uri": "c2VjcmV0"}})
    assert (seen.namespace, seen.name, seen.version) == ("shop", "orders-mongo", "9")
    assert "c2VjcmV0" not in repr(seen)
