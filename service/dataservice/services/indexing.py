"""Make the declared indexes in the background, so that the process starts while the store is away."""

import asyncio
import logging
from collections.abc import Sequence

from dataservice.domain.index import Index
from dataservice.domain.repository import Repository
from dataservice.errors import IndexConflict, StoreUnavailable
from dataservice.services.readiness import Readiness

_log = logging.getLogger(__name__)
_STORE_AWAY_SECONDS = 0.5
# Only a person can resolve a conflict, and each try may scan the collection.
_CONFLICT_SECONDS = 15.0


async def ensure_indexes(
    repository: Repository,
    indexes: Sequence[Index],
    readiness: Readiness,
    *,
    store_away_seconds: float = _STORE_AWAY_SECONDS,
) -> None:
    """Return when all are there. Until then the process is not ready: it must not acknowledge a write
    that breaks a uniqueness it promises.
    """
    while True:
        try:
            await repository.ensure_indexes(indexes)
        except IndexConflict as error:
            readiness.held_up("IndexConflict", f"an index cannot be made: {error}")
            _log.error("an index cannot be made: %s", error)
            await asyncio.sleep(_CONFLICT_SECONDS)
        except StoreUnavailable:
            await asyncio.sleep(store_away_seconds)
        else:
            readiness.started()
            return
