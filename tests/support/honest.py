"""What holds for the status of every DataService at every moment, however it fares."""

from typing import Any, Final

TYPES: Final = [
    "Ready",
    "Reconciling",
    "Stalled",
    "Available",
    "Progressing",
    "DatabaseReachable",
    "Suspended",
]


def kstatus(raw: dict[str, Any]) -> str:
    """What kstatus computes for a resource with these conditions, and with it Flux and Argo CD's generic check.

    https://github.com/kubernetes-sigs/cli-utils/blob/master/pkg/kstatus/status/generic.go: an older generation is in
    progress, then Reconciling, Stalled and Ready count, in this order.
    """
    status = raw.get("status") or {}
    states = {known["type"]: known["status"] for known in status.get("conditions") or ()}
    if "deletionTimestamp" in raw["metadata"]:
        return "Terminating"
    if status.get("observedGeneration") != raw["metadata"]["generation"]:
        return "InProgress"
    if states.get("Reconciling") == "True":
        return "InProgress"
    if states.get("Stalled") == "True":
        return "Failed"
    return "Current" if states.get("Ready", "True") == "True" else "InProgress"


def assert_honest(raw: dict[str, Any]) -> None:
    """One of Ready, Reconciling and Stalled is True; each condition speaks of the spec that the whole speaks of."""
    status = raw.get("status") or {}
    found = {known["type"]: known for known in status.get("conditions") or ()}
    if not found:
        assert status.get("observedGeneration") == -1, "not seen yet, and says so"
        return
    told = {kind: found[kind]["status"] for kind in TYPES}
    assert list(found) == TYPES
    assert [told[kind] for kind in ("Ready", "Reconciling", "Stalled")].count("True") == 1, told
    assert told["Ready"] in ("True", "False")
    assert {known["observedGeneration"] for known in found.values()} == {status["observedGeneration"]}
    assert status["observedGeneration"] <= raw["metadata"]["generation"]
    assert all(known["reason"] for known in found.values())
    assert found["Ready"]["message"]
    assert (told["Available"] == "True") == (status["readyReplicas"] > 0), status
    current = status["observedGeneration"] == raw["metadata"]["generation"]
    assert (kstatus(raw) == "Current") == (told["Ready"] == "True" and current)
    if told["Ready"] == "True" and found["Ready"]["reason"] != "ScaledToZero":
        assert told["Available"] == "True"
        assert told["DatabaseReachable"] == "True"
