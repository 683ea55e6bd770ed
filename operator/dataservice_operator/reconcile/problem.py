"""Why a DataService is not ready, and which error of a write becomes which reason."""

import logging
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Final, TypeVar

from dataservice_operator.errors import (
    ApiError,
    ChildTerminating,
    Conflict,
    Forbidden,
    NamespaceTerminating,
    NotOwned,
    NotWatched,
    QuotaExceeded,
    Rejected,
    Suspended,
    VolumeNotExpandable,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

_GROW_ADVICE: Final = (
    "set allowVolumeExpansion on its StorageClass, or, under retention Retain, delete the DataService and apply it "
    "again with the size of before"
)


@dataclass(frozen=True)
class Problem:
    """One cause, as the conditions tell it."""

    reason: str
    message: str
    heals: bool = True
    """Whether it may heal by itself: False means that only an edit of the spec will do."""

    watched: bool = False
    """Whether a watch tells its end, so that nothing need be tried again before."""


async def attempt(work: Awaitable[T], what: str) -> T | Problem:
    """Do one write, or a read that it needs; what keeps it from succeeding is a problem of this child alone.

    Raises:
        NamespaceTerminating, ParentGone, LeadershipLost: there is nothing more to be written at all.
        Conflict: what was decided on is out of date; to be decided anew.
    """
    try:
        return await work
    except (NamespaceTerminating, Conflict):
        raise
    except (ApiError, NotOwned, NotWatched, ChildTerminating, Suspended) as error:
        return _problem(error, what)


def _problem(error: ApiError | NotOwned | NotWatched | ChildTerminating | Suspended, what: str) -> Problem:
    match error:
        case NotWatched():  # logged where it was met: once, and not for each DataService
            problem = Problem("Forbidden", str(error), watched=True)
        case NotOwned():
            problem = Problem("NotOwned", str(error), heals=False)
        case Suspended():
            problem = Problem("Suspended", str(error), heals=False)
        case ChildTerminating():
            problem = Problem("ChildTerminating", str(error))
        case QuotaExceeded():
            problem = Problem("QuotaExceeded", error.message)
        case VolumeNotExpandable():
            problem = Problem(
                "VolumeNotExpandable", f"the volume cannot grow: {error.message}: {_GROW_ADVICE}"
            )
        case Forbidden():
            logger.error("the operator lacks a right: %s", error.message)
            problem = Problem(
                "Forbidden", f"the API server forbids the operator this {what}: {error.message}"
            )
        case Rejected():
            message = f"the API server refuses the {what}: {error.message}"
            problem = Problem("Rejected", message, heals=False)
        case _:
            problem = Problem("ApiServerError", f"the {what} could not be written: {error}")
    return problem
