"""One pod in a few words, as the column STATUS of `kubectl get pods` and a little more."""

from collections.abc import Mapping
from typing import Any

from dataservice_operator.render.names import CONTAINER

Raw = Mapping[str, Any]


def pod(raw: Raw) -> tuple[bool, str]:
    """Whether it is fine, and what is told of it."""
    status = raw.get("status") or {}
    conditions = {condition["type"]: condition for condition in status.get("conditions") or ()}
    if "deletionTimestamp" in raw["metadata"]:
        return True, "ending"
    if conditions.get("Ready", {}).get("status") == "True":
        return True, f"ready{_restarts(status)}, on {raw['spec'].get('nodeName', '?')}"
    scheduled = conditions.get("PodScheduled", {})
    if scheduled.get("status") == "False":
        return False, f"{status.get('phase', 'Pending')}: {scheduled.get('message', '')}"
    return False, _container(status) + _restarts(status)


def _container(status: Raw) -> str:
    """What our container waits for or ended with."""
    containers: list[Raw] = status.get("containerStatuses") or []
    ours = next((each for each in containers if each["name"] == CONTAINER), {})
    state = ours.get("state") or {}
    ended = state.get("terminated") or (ours.get("lastState") or {}).get("terminated") or {}
    if waiting := state.get("waiting"):
        cause = _last_line(ended) or waiting.get("message", "")
        return f"{waiting.get('reason', 'Waiting')}" + (f": {cause}" if cause else "")
    if "running" in state:
        return "running, not ready" + (f", after {_last_line(ended)}" if ended.get("exitCode") else "")
    return _last_line(ended) or str(status.get("reason") or status.get("phase") or "unknown")


def _last_line(ended: Raw) -> str:
    if not ended:
        return ""
    lines = [line for line in (ended.get("message") or "").splitlines() if line.strip()]
    return (
        f"exit code {ended.get('exitCode')}: {lines[-1].strip() if lines else ended.get('reason', 'Error')}"
    )


def _restarts(status: Raw) -> str:
    count = sum(each.get("restartCount", 0) for each in status.get("containerStatuses") or ())
    return f", {count} {'restart' if count == 1 else 'restarts'}" if count else ""
