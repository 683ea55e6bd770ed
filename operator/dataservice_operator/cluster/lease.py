"""Leader election on a Lease (KEP-589), with the guarantee of client-go's: a leader that cannot renew stops writing
before another may begin, by its own monotonic clock.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil
from typing import Any

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.kinds import LEASE
from dataservice_operator.errors import ApiError, LeadershipLost, NotFound

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class LeaseSpec:
    namespace: str
    name: str
    identity: str
    duration_seconds: float
    renew_deadline_seconds: float
    retry_seconds: float


class Lease:
    """One candidate.

    Args:
        client: without a gate: the gate is this lease.
        clock: monotonic seconds.
    """

    def __init__(self, client: Client, spec: LeaseSpec, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._spec = spec
        self._clock = clock
        self._path = LEASE.path(spec.namespace, spec.name)
        self._deadline = 0.0
        self._rival: tuple[str, float] = ("", 0.0)

    def held(self) -> bool:
        return self._clock() < self._deadline

    def check(self) -> None:
        """The gate before each write.

        Raises:
            LeadershipLost: the renew deadline has passed, or the lease was never ours.
        """
        if not self.held():
            raise LeadershipLost("the lease was not renewed in time: nothing more is written")

    async def acquire(self) -> None:
        """Wait until the lease is ours. Looks twice as often as it is renewed: one given up does not lie long."""
        while not await self._attempt():  # noqa: ASYNC110 - what is awaited happens on the server
            await asyncio.sleep(self._spec.retry_seconds / 2)
        logger.info("leading as %s", self._spec.identity)

    async def keep(self) -> None:
        """Renew until the lease is lost."""
        while self.held():
            await asyncio.sleep(self._spec.retry_seconds)
            await self._attempt()
        logger.error("lost the lease %s/%s", self._spec.namespace, self._spec.name)

    async def release(self) -> None:
        """Give the lease up, so that the next leader need not wait for it to run out."""
        if not self.held():
            return
        self._deadline = 0.0
        try:
            live = await self._client.read(self._path)
            if live["spec"].get("holderIdentity") == self._spec.identity:
                released = {
                    **live["spec"],
                    "holderIdentity": "",
                    "leaseDurationSeconds": 1,
                    "renewTime": _now(),
                }
                await self._client.write("PUT", self._path, {**live, "spec": released})
        except ApiError as error:
            logger.warning("the lease runs out by itself, it could not be released: %s", error)

    async def _attempt(self) -> bool:
        """Whether the lease is ours now. A failure, also a Conflict, says nothing: the deadline stays as it is."""
        started = self._clock()
        try:
            async with asyncio.timeout(self._spec.renew_deadline_seconds):
                won = await self._take()
        except (ApiError, TimeoutError) as error:
            logger.warning("the lease was not taken or renewed: %s", str(error) or "no answer in time")
            return False
        if won:
            self._deadline = started + self._spec.renew_deadline_seconds
        else:
            self._deadline = 0.0
        return won

    async def _take(self) -> bool:
        try:
            live = await self._client.read(self._path)
        except NotFound:
            return await self._create()
        spec = live["spec"]
        holder = spec.get("holderIdentity") or ""
        if holder not in ("", self._spec.identity) and not self._expired(live):
            return False
        transitions = int(spec.get("leaseTransitions") or 0) + (holder != self._spec.identity)
        acquired = spec.get("acquireTime") if holder == self._spec.identity else None
        await self._client.write("PUT", self._path, {**live, "spec": self._record(transitions, acquired)})
        return True

    async def _create(self) -> bool:
        manifest = {
            "apiVersion": LEASE.api_version,
            "kind": LEASE.name,
            "metadata": {"name": self._spec.name, "namespace": self._spec.namespace},
            "spec": self._record(0, None),
        }
        await self._client.write("POST", LEASE.path(self._spec.namespace), manifest)
        return True

    def _expired(self, live: dict[str, Any]) -> bool:
        """Whether the rival's record has not changed for a lease duration, seen by our clock and not by theirs."""
        version = live["metadata"]["resourceVersion"]
        if self._rival[0] != version:
            self._rival = (version, self._clock())
        allowed = float(live["spec"].get("leaseDurationSeconds") or self._spec.duration_seconds)
        return self._clock() - self._rival[1] > allowed

    def _record(self, transitions: int, acquired: str | None) -> dict[str, Any]:
        now = _now()
        return {
            "holderIdentity": self._spec.identity,
            "leaseDurationSeconds": ceil(self._spec.duration_seconds),
            "acquireTime": acquired or now,
            "renewTime": now,
            "leaseTransitions": transitions,
        }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
