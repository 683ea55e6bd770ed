"""Callers that use the API without a rest while something is done to it, and what they were told meanwhile."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import httpx

from tests.support.eventually import eventually

MOST_SECONDS = 300.0
"""After so long the callers stop by themselves, whatever becomes of the test."""

MORE = 20
"""So many answers to writers and to readers show that they are served."""


@dataclass(frozen=True)
class Told:
    stored: list[str] = field(default_factory=list)
    """Ids of documents whose storing was acknowledged."""

    read: list[int] = field(default_factory=list)
    """How many documents each page held."""

    failures: list[str] = field(default_factory=list)


@contextmanager
def under_load(url: str, *, writers: int = 2, readers: int = 2, pause: float = 0.02) -> Iterator[Told]:
    """Each caller keeps one connection, as an application's pool does, and pauses for so many seconds after a call.

    Raises:
        AssertionError: on leaving, when no call was answered: there was no load then.
    """
    told, stop, deadline = Told(), threading.Event(), time.monotonic() + MOST_SECONDS

    def call(act: Callable[[httpx.Client, Told], None], client: httpx.Client) -> None:
        while not stop.wait(pause) and time.monotonic() < deadline:
            try:
                act(client, told)
            except httpx.HTTPError as error:
                told.failures.append(f"{type(error).__name__}: {error}")

    with ExitStack() as stack:
        acts = [*(_writer(number) for number in range(writers)), *([_read] * readers)]
        clients = [stack.enter_context(httpx.Client(base_url=url, timeout=10, trust_env=False)) for _ in acts]
        threads = [threading.Thread(target=call, args=each) for each in zip(acts, clients, strict=True)]
        for thread in threads:
            thread.start()
        try:
            yield told
        finally:
            stop.set()
            for thread in threads:
                thread.join()
    assert bool(told.stored) == bool(writers)
    assert bool(told.read) == bool(readers)


def enough(told: Told, *, seconds: float = 30) -> None:
    """Wait until the callers have been served some more."""
    stored, read = len(told.stored), len(told.read)
    eventually(
        lambda: len(told.stored) > stored + MORE and len(told.read) > read + MORE, seconds=seconds, every=0.05
    )


def assert_kept(told: Told, documents: Iterable[dict[str, Any]]) -> None:
    """Among the documents that are there is each whose storing was acknowledged; no request was stored twice."""
    skus = {each["_id"]: each["sku"] for each in documents}
    lost = set(told.stored) - set(skus)
    assert not lost, f"{len(lost)} of {len(told.stored)} documents that were acknowledged are lost"
    twice = [sku for sku, times in Counter(skus.values()).items() if times > 1]
    assert not twice, f"stored more than once: {twice}"


def _writer(number: int) -> Callable[[httpx.Client, Told], None]:
    numbers = count()

    def write(client: httpx.Client, told: Told) -> None:
        answer = client.post("/data", json={"sku": f"{number}-{next(numbers)}", "quantity": 1})
        told.stored.append(answer.raise_for_status().json()["_id"])

    return write


def _read(client: httpx.Client, told: Told) -> None:
    answer = client.get("/data", params={"limit": 1})
    told.read.append(len(answer.raise_for_status().json()["items"]))
