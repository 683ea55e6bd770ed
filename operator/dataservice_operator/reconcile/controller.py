"""Runs the reconciler: workers over the queue while this operator leads, and a resync now and then."""

import asyncio
import logging
import random
import time
from functools import partial
from typing import Final

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.informer import Pace
from dataservice_operator.cluster.kinds import DATA_SERVICE, Kind
from dataservice_operator.cluster.lease import Lease
from dataservice_operator.cluster.picture import Key
from dataservice_operator.cluster.pods import ask
from dataservice_operator.errors import ApiError, LeadershipLost
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.reconcile.parents import STATES, Parents, Raw, is_new, key_of
from dataservice_operator.reconcile.queue import WorkQueue
from dataservice_operator.reconcile.reconciler import Outcome, Reconciler
from dataservice_operator.settings import Settings

logger = logging.getLogger(__name__)

STUCK_SECONDS: Final = 300.0


class Controller:
    """One operator's reconcile loop.

    Args:
        client: gated by `lease`, where there is one.
        lease: None for a single operator that need not ask whether it leads.
    """

    def __init__(self, settings: Settings, client: Client, lease: Lease | None) -> None:
        self.metrics = Metrics()
        self._settings = settings
        self._client = client
        self._lease = lease
        self._queue: WorkQueue[Key] = WorkQueue()
        self._parents = Parents()
        self._gone: set[str] | None = None
        """While all are listed: uids of those whose deletion is told meanwhile. A page may still show them."""

        self._warm = False
        self._caches = Caches(
            client,
            settings.watch_namespaces,
            Pace(settings.watch_silence_seconds, settings.resync_seconds, settings.relist_seconds),
            self._child_changed,
            self._reference_changed,
            self._turned,
        )
        self._reconciler = Reconciler(client, settings, self._parents, self._caches, self.metrics, ask)
        self._show_state()

    def observe(self, event: str | None, raw: Raw) -> None:
        """Take in one event of the DataService watch. `event` is None for what was there when the watch began."""
        if event == "DELETED":
            if self._gone is not None:
                self._gone.add(raw["metadata"]["uid"])
            self._forget(key_of(raw))
        elif self._parents.put(raw):
            self._queue.add(key_of(raw), later=event is None or is_new(raw))

    def _forget(self, key: Key) -> None:
        self._parents.drop(key)
        self._reconciler.forget(key)

    async def run(self) -> None:
        """Watch, and reconcile whenever this operator leads; ends only by an exception.

        Raises:
            ExceptionGroup: of LeadershipLost, or of what should not happen.
        """
        async with asyncio.TaskGroup() as group:
            group.create_task(self._caches.run(), name="watches")
            group.create_task(self._lead(), name="leadership")

    def ailment(self) -> str | None:
        """Why this operator should be restarted; None while it is well."""
        if self._leads() and self._queue.oldest_seconds() > STUCK_SECONDS:
            return f"a DataService has waited {self._queue.oldest_seconds():.0f} s for a worker"
        limit = 3 * self._settings.watch_silence_seconds + 60
        for resource, heard in self._caches.heard().items():
            if time.monotonic() - heard > limit:
                return f"the watch of {resource} has been silent for {time.monotonic() - heard:.0f} s"
        return None

    def warm(self) -> bool:
        """Whether the cluster's state has been listed: this operator could lead at once, or does."""
        return self._warm

    async def _lead(self) -> None:
        await self._caches.synced()
        self._warm = True
        if self._lease is not None:
            await self._lease.acquire()
        async with asyncio.TaskGroup() as group:
            for number in range(self._settings.workers):
                group.create_task(self._work(), name=f"worker {number}")
            group.create_task(self._sweep(), name="sweep")
            if self._lease is not None:
                group.create_task(self._keep(self._lease), name="lease")

    async def _keep(self, lease: Lease) -> None:
        await lease.keep()
        raise LeadershipLost("another operator may lead now")

    async def _work(self) -> None:
        while True:
            key = await self._queue.get()
            try:
                self._schedule(key, await self._reconcile(key))
            finally:
                self._queue.done(key)

    async def _reconcile(self, key: Key) -> Outcome:
        started, result = time.perf_counter(), "error"
        try:
            outcome = await self._reconciler.reconcile(key)
            result = "retry" if outcome.retry else "ok"
        except ApiError as error:
            logger.warning("DataService %s/%s is tried again: %s", *key, error)
            outcome = Outcome(retry=True)
        except LeadershipLost:
            raise
        except Exception:  # a defect in one resource's reconcile must not stop the others
            logger.exception("DataService %s/%s could not be reconciled", *key)
            outcome = Outcome(retry=True)
        self.metrics.reconciles.labels(result).observe(time.perf_counter() - started)
        return outcome

    def _schedule(self, key: Key, outcome: Outcome) -> None:
        if key not in self._parents:
            self._queue.forget(key)
            self._reconciler.forget(key)  # again: it was looked at while it went
            return
        if outcome.retry:
            self._queue.retry(key)
        else:
            self._queue.forget(key)
        self._queue.add_after(key, min(outcome.after or self._resync_seconds(), self._resync_seconds()))

    async def _sweep(self) -> None:
        """List the DataServices now and then: a watch may lose a deletion, or a change."""
        while True:
            await asyncio.sleep(self._resync_seconds())
            for namespace in self._settings.watch_namespaces or (None,):
                try:
                    await self._compare(namespace)
                except ApiError as error:
                    logger.warning("DataServices were not listed for the resync: %s", error)

    async def _compare(self, namespace: str | None) -> None:
        """Take in what a list shows, and forget what it does not: unless its event came while the list was made."""
        live: set[Key] = set()
        gone: set[str] = set()
        self._gone = gone

        def seen(raw: Raw) -> None:
            if raw["metadata"]["uid"] not in gone:
                live.add(key_of(raw))
                self.observe("MODIFIED", raw)

        try:
            version = await self._client.list(DATA_SERVICE.path(namespace), seen)
        finally:
            self._gone = None
        for key in set(self._parents.keys()) - live:
            if namespace in (None, key[0]) and self._parents.drop_version(key, version):
                self._reconciler.forget(key)

    def _resync_seconds(self) -> float:
        return self._settings.resync_seconds * random.uniform(0.9, 1.1)  # noqa: S311 - jitter

    def _silence(self, resource: str) -> float:
        return time.monotonic() - self._caches.heard()[resource]

    def _in_state(self, state: str) -> float:
        return float(self._parents.states()[state])

    def _leads(self) -> bool:
        return self._lease is None or self._lease.held()

    def _child_changed(self, key: Key) -> None:
        if key in self._parents:
            self._queue.add(key)

    def _reference_changed(self, kind: Kind, referred: Key) -> None:
        for key in self._parents.users_of(kind, referred):
            self._queue.add(key)

    def _turned(self) -> None:
        """A kind can be watched now, or cannot any more: every DataService may have something to do or to tell."""
        for key in tuple(self._parents.keys()):
            self._queue.add(key, later=True)

    def _show_state(self) -> None:
        metrics = self.metrics
        metrics.queue_depth.set_function(self._queue.depth)
        metrics.queue_age.set_function(self._queue.oldest_seconds)
        metrics.leading.set_function(lambda: float(self._leads()))
        for state in STATES:
            metrics.resources.labels(state).set_function(partial(self._in_state, state))
        metrics.not_ready.set_function(self._parents.not_ready)
        for resource in self._caches.heard():
            metrics.watch_age.labels(resource).set_function(partial(self._silence, resource))
