"""One SQLite connection and the one thread that uses it."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Literal, TypeVar

from dataservice.errors import StoreUnavailable
from dataservice.storage.sqlite_layout import lay_out, use_write_ahead_log

_log = logging.getLogger(__name__)
_T = TypeVar("_T")
_Work = Callable[[sqlite3.Connection], Any]
_Job = tuple[_Work, asyncio.Future[Any], int]
_Outcome = tuple[asyncio.Future[Any], Any, BaseException | None]

# How long to wait for another process that writes to the same file.
_BUSY_SECONDS = 2.0
_MAX_JOBS_PER_COMMIT = 256


class SQLiteThread:
    """Runs jobs in order. Jobs that queue up while a commit is under way share the next one, so that an
    idle store adds no wait and a busy one pays one fsync for many documents.
    """

    def __init__(
        self,
        path: Path,
        task: Literal["writer", "reader", "searcher"],
        done: Callable[[], None] = lambda: None,
        observe_group: Callable[[int], None] = lambda _: None,
    ) -> None:
        """`done` is called in the event loop after each group of jobs; `observe_group` is told, in this thread, how
        many writes shared a commit.
        """
        self._done = done
        self._observe_group = observe_group
        self._path = path
        self._writes = task == "writer"
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._stopping = False
        # A daemon, so that a process that dies without stop() is not held: what is not committed was not promised.
        self._thread = threading.Thread(target=self._work, name=f"sqlite-{task}", daemon=True)

    def start(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._thread.start()

    async def stop(self) -> None:
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)

    async def run(self, job: Callable[[sqlite3.Connection], _T], writes: int = 1) -> _T:
        """The job's result, for a writer once it is durable. Raises IntegrityError or StoreUnavailable."""
        future: asyncio.Future[_T] = self._loop.create_future()
        self._jobs.put((job, future, writes))
        return await future

    def _work(self) -> None:
        connection: sqlite3.Connection | None = None
        while jobs := self._next_jobs():
            try:
                connection = connection or _connect(self._path, writes=self._writes)
                outcomes = _run_all(connection, jobs) if self._writes else _run_each(connection, jobs)
            except sqlite3.Error as error:
                # The connection may be in any state: the next jobs get a new one.
                _close(connection)
                connection = None
                outcomes = [(future, None, self._unavailable(error)) for _, future, _ in jobs]
            self._observe_group(sum(writes for _, _, writes in jobs))
            self._loop.call_soon_threadsafe(self._settle, outcomes)
        _close(connection)

    def _next_jobs(self) -> list[_Job]:
        """Wait for a job and take what else is there; empty when it is time to stop."""
        jobs: list[_Job] = []
        while not self._stopping and len(jobs) < _MAX_JOBS_PER_COMMIT:
            try:
                job = self._jobs.get(block=not jobs)
            except Empty:
                break
            if job is None:
                self._stopping = True
            else:
                jobs.append(job)
        return jobs

    def _settle(self, outcomes: list[_Outcome]) -> None:
        _settle(outcomes)
        self._done()

    def _unavailable(self, error: sqlite3.Error) -> StoreUnavailable:
        _log.warning("SQLite at %s: %s", self._path, error)
        return StoreUnavailable(str(self._path))


def _connect(path: Path, *, writes: bool) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=_BUSY_SECONDS, isolation_level=None)
    try:
        use_write_ahead_log(connection, _BUSY_SECONDS)
        # Only FULL makes a commit in WAL mode survive a power cut.
        connection.execute("PRAGMA synchronous = FULL")
        lay_out(connection)
        connection.execute(f"PRAGMA query_only = {not writes}")
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _close(connection: sqlite3.Connection | None) -> None:
    if connection:
        connection.close()


def _run_each(connection: sqlite3.Connection, jobs: list[_Job]) -> list[_Outcome]:
    return [_outcome(connection, work, future) for work, future, _ in jobs]


def _run_all(connection: sqlite3.Connection, jobs: list[_Job]) -> list[_Outcome]:
    """One transaction for all. A constraint that one job breaks undoes that job's statement alone."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        outcomes = _run_each(connection, jobs)
        connection.execute("COMMIT")
    except sqlite3.Error:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return outcomes


def _outcome(connection: sqlite3.Connection, work: _Work, future: asyncio.Future[Any]) -> _Outcome:
    """Errors of a job are its own; those of the connection are raised, for they concern all."""
    if future.cancelled():  # nobody waits for it anymore
        return future, None, None
    try:
        return future, work(connection), None
    except sqlite3.IntegrityError as error:
        return future, None, error
    except sqlite3.Error:
        raise
    except Exception as error:  # noqa: BLE001 - raised where the job is awaited; this thread has to live on
        return future, None, error


def _settle(outcomes: list[_Outcome]) -> None:
    for future, result, error in outcomes:
        if future.done():  # its request was cancelled
            continue
        if error is None:
            future.set_result(result)
        else:
            future.set_exception(error)
