"""Make the declared indexes in the background, so that the process starts while the store is away."""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from dataservice.domain.index import Index
from dataservice.domain.repository import Repository
from dataservice.errors import IndexConflict, IndexRefused, StoreUnavailable
from dataservice.services.readiness import Readiness, reason_of

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Seconds:
    """How long to wait for what."""

    store: float = 0.5
    """Before a store that is away is asked again."""

    person: float = 15.0
    """Before the next try after a failure that a person has to resolve: each may scan the collection."""

    silence: float = 5.0
    """For the store's answer, before it is told that the indexes are being built. It is waited for all the same."""


async def ensure_indexes(
    repository: Repository,
    indexes: Sequence[Index],
    readiness: Readiness,
    seconds: Seconds = Seconds(),
) -> None:
    """Return when all are there, and never otherwise. Until then the process is not ready: it must not
    acknowledge a write that breaks a uniqueness it promises.
    """
    while True:
        try:
            with _told_after(seconds.silence, readiness):
                await repository.ensure_indexes(indexes)
        except StoreUnavailable as error:
            readiness.held_up(reason_of(error), f"the indexes cannot be made: {error}")
            await asyncio.sleep(seconds.store)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is told and tried again
            _explain(error, readiness)
            await asyncio.sleep(seconds.person)
        else:
            readiness.started()
            return


@contextmanager
def _told_after(seconds: float, readiness: Readiness) -> Iterator[None]:
    """Only a person who knows the documents knows how long this may take."""
    message = "the store builds the declared indexes, which takes the longer the more documents there are"
    telling = asyncio.get_running_loop().call_later(seconds, readiness.held_up, "IndexesBuilding", message)
    try:
        yield
    finally:
        telling.cancel()


def _explain(error: Exception, readiness: Readiness) -> None:
    match error:
        case IndexConflict() | IndexRefused():
            readiness.held_up(type(error).__name__, f"an index cannot be made: {error}")
            _log.error("an index cannot be made: %s", error)
        case _:
            message = f"the indexes cannot be made: an unexpected {type(error).__name__}; the log has it"
            readiness.held_up("InternalError", message)
            _log.error("the indexes cannot be made: unexpected error", exc_info=error)
