"""Writes a status where it differs from the live one, and an Event where Ready took a turn."""

import logging
from dataclasses import dataclass
from typing import Any, Final

from dataservice_operator.cluster.apply import Version, apply_status
from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.events import record
from dataservice_operator.errors import ApiError, NotFound, ParentGone
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.reconcile.parents import Parents, Raw, key_of

logger = logging.getLogger(__name__)

_ON_THE_WAY: Final = frozenset({"Creating", "RollingOut", "PodsNotReady"})
"""Reasons that pass by themselves within seconds: not worth an Event."""


@dataclass(frozen=True)
class Event:
    warning: bool
    reason: str
    note: str


class StatusWriter:
    def __init__(self, client: Client, parents: Parents, metrics: Metrics) -> None:
        self._client = client
        self._parents = parents
        self._metrics = metrics

    async def write(self, raw: Raw, wanted: dict[str, Any]) -> None:
        """Make the live status hold `wanted`; no request where it does.

        Raises:
            ParentGone: the DataService was deleted.
            Conflict: it was changed meanwhile, or another one has its name now.
            ApiError: the API server refused.
        """
        before = raw.get("status") or {}
        if _holds(before, wanted):
            return
        metadata = raw["metadata"]
        try:
            answer = await apply_status(
                self._client, metadata["namespace"], metadata["name"], wanted, Version.of(raw)
            )
        except NotFound as error:
            raise ParentGone(str(error)) from error
        if key_of(answer) in self._parents:  # else its deletion was told before this answer came
            self._parents.put(answer)
        self._metrics.writes.labels("DataService", "status").inc()
        event = _event(before, wanted)
        if event is not None:
            await self._announce(raw, event)

    async def _announce(self, raw: Raw, event: Event) -> None:
        try:
            await record(self._client, raw, warning=event.warning, reason=event.reason, note=event.note)
        except ApiError as error:
            logger.warning("an Event was not recorded: %s", error)


def _event(before: dict[str, Any], now: dict[str, Any]) -> Event | None:
    """What of a new status deserves an Event: Ready took a turn, or what was given its time has not healed."""
    was, ready = _condition(before, "Ready"), _condition(now, "Ready")
    unready = ready["status"] != "True"
    if (was.get("status"), was.get("reason")) != (ready["status"], ready["reason"]):
        on_the_way = unready and ready["reason"] in _ON_THE_WAY
        return None if on_the_way else Event(unready, ready["reason"], ready["message"])
    if _condition(now, "Stalled")["status"] == "True" != _condition(before, "Stalled").get("status"):
        return Event(True, "ProgressDeadlineExceeded", f"it does not heal: {ready['message']}")
    return None


def _holds(before: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether the live status says all that is wanted; conditions of others beside ours do not count."""
    known = {condition.get("type"): condition for condition in before.get("conditions") or ()}
    return all(
        before.get(name) == value if name != "conditions" else all(known.get(c["type"]) == c for c in value)
        for name, value in wanted.items()
    )


def _condition(state: dict[str, Any], kind: str) -> dict[str, Any]:
    return next((known for known in state.get("conditions") or () if known.get("type") == kind), {})
