"""The operator's two replicas as pods: who leads when they are rolled, and when the leader's process is killed."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

import pytest

from tests.e2e.conftest import OPERATOR
from tests.support.eventually import eventually
from tests.support.kubectl import Kubectl
from tests.support.shop import Shop

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(300), pytest.mark.usefixtures("installed")]

FAILOVER_SECONDS: Final = 15
HANDOVER_SECONDS: Final = 3
DEPLOYMENT: Final = "deployment/dataservice-operator"
LEASE: Final = ("get", "lease", "dataservice-operator", f"--namespace={OPERATOR}")

Record = dict[str, Any]
"""spec of the Lease."""


def test_a_rolling_update_hands_over_within_3_s_each_time(kubectl: Kubectl, tmp_path: Path) -> None:
    before = pods(kubectl)
    eventually(lambda: holder(kubectl))
    with following(kubectl, tmp_path / "lease") as file:
        kubectl("rollout", "restart", DEPLOYMENT, f"--namespace={OPERATOR}")
        kubectl("rollout", "status", DEPLOYMENT, f"--namespace={OPERATOR}", "--timeout=120s", seconds=130)
        eventually(lambda: pod_of(records(file)[-1]["holderIdentity"]) in pods(kubectl) - before)
    handed_over = [wait for old, new in pairwise(records(file)) if (wait := seconds_between(old, new))]
    print("rolled, without a leader for", ", ".join(f"{wait:.1f} s" for wait in handed_over))
    assert handed_over
    assert max(handed_over) < HANDOVER_SECONDS


def test_a_leader_whose_process_is_killed_is_followed_in_time(kubectl: Kubectl, shop: Shop) -> None:
    shop.apply()
    shop.wait_ready()
    before = eventually(lambda: holder(kubectl))
    killed = datetime.now(UTC)
    kill(process_of(kubectl, before))
    shop.apply(replicas=2)
    shop.wait_ready()
    after = record(kubectl)
    waited = (datetime.fromisoformat(after["acquireTime"]) - killed).total_seconds()
    print(f"killed, and followed after {waited:.1f} s")
    assert after["holderIdentity"] != before
    assert 0 < waited < FAILOVER_SECONDS
    assert shop.get("deployment", "orders")["status"]["readyReplicas"] == 2


@contextmanager
def following(kubectl: Kubectl, file: Path) -> Iterator[Path]:
    """Write each version of the Lease to a file, one after another."""
    command = [str(kubectl.binary), f"--kubeconfig={kubectl.kubeconfig}", *LEASE, "--watch", "--output=json"]
    with file.open("wb") as out, subprocess.Popen(command, stdout=out) as watch:
        eventually(lambda: records(file))
        yield file
        watch.terminate()


def records(file: Path) -> list[Record]:
    """The versions so far. The last may be half written."""
    text, found, decoder = file.read_text(), [], json.JSONDecoder()
    with suppress(json.JSONDecodeError):
        while text := text.lstrip():
            lease, end = decoder.raw_decode(text)
            found.append(lease["spec"])
            text = text[end:]
    return found


def seconds_between(old: Record, new: Record) -> float:
    """How long nobody led between two versions; 0 where the same went on, or gave it up.

    Who gives it up notes when as the time of its last renewal; one that ended without it is without a lease since then.
    """
    if not new["holderIdentity"] or new["holderIdentity"] == old["holderIdentity"]:
        return 0
    ended, began = (datetime.fromisoformat(text) for text in (old["renewTime"], new["acquireTime"]))
    return (began - ended).total_seconds()


def record(kubectl: Kubectl) -> Record:
    spec: Record = kubectl.json(*LEASE)["spec"]
    return spec


def holder(kubectl: Kubectl) -> str:
    return str(record(kubectl).get("holderIdentity", ""))


def pod_of(identity: str) -> str:
    return identity.partition("_")[0]


def pods(kubectl: Kubectl) -> set[str]:
    selector = "--selector=app.kubernetes.io/name=dataservice-operator"
    found = kubectl.json("get", "pod", f"--namespace={OPERATOR}", selector)["items"]
    return {pod["metadata"]["name"] for pod in found if "deletionTimestamp" not in pod["metadata"]}


def process_of(kubectl: Kubectl, identity: str) -> int:
    """Process of a replica's container, as this machine sees it: by its control group, which has the pod's uid."""
    pod = kubectl.json("get", "pod", pod_of(identity), f"--namespace={OPERATOR}")
    uid = pod["metadata"]["uid"]
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):  # it ended meanwhile
            group = (process / "cgroup").read_text().replace("_", "-")
            if uid in group and b"dataservice_operator" in (process / "cmdline").read_bytes():
                return int(process.name)
    raise LookupError(f"no process of {identity} here")


def kill(process: int) -> None:
    """As root of the node: from inside a container nobody can kill its first process."""
    as_root = () if os.geteuid() == 0 else ("sudo", "-n")
    subprocess.run([*as_root, "kill", "-9", str(process)], check=True)
