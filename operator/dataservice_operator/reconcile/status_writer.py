"""Writes a status where it differs from the live one, and an Event where Ready took a turn."""

import logging
from typing import Any, Final

from dataservice_operator.cluster.apply import Version, apply_status
from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.events import record
from dataservice_operator.errors import ApiError, NotFound, ParentGone
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.reconcile.parents import Parents, Raw

logger = logging.getLogger(__name__)

_ON_THE_WAY: Final = frozenset({"Creating", "RollingOut"})
"""Reasons that pass by themselves within seconds: not worth an Event."""


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
        self._parents.put(answer)
        self._metrics.writes.labels("DataService", "status").inc()
        await self._announce(raw, _ready(before), _ready(wanted))

    async def _announce(self, raw: Raw, before: dict[str, Any], now: dict[str, Any]) -> None:
        if (before.get("status"), before.get("reason")) == (now["status"], now["reason"]):
            return
        unready = now["status"] != "True"
        if unready and now["reason"] in _ON_THE_WAY:
            return
        try:
            await record(self._client, raw, warning=unready, reason=now["reason"], note=now["message"])
        except ApiError as error:
            logger.warning("an Event was not recorded: %s", error)


def _holds(before: dict[str, Any], wanted: dict[str, Any]) -> bool:
    """Whether the live status says all that is wanted; conditions of others beside ours do not count."""
    known = {condition.get("type"): condition for condition in before.get("conditions") or ()}
    return all(
        before.get(name) == value if name != "conditions" else all(known.get(c["type"]) == c for c in value)
        for name, value in wanted.items()
    )


def _ready(state: dict[str, Any]) -> dict[str, Any]:
    return next((known for known in state.get("conditions") or () if known.get("type") == "Ready"), {})
