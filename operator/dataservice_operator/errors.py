"""What can go wrong, in the operator's own words: no kopf, no Kubernetes client, no HTTP."""

from dataclasses import dataclass


class OperatorError(Exception):
    """Whatever the operator raises on purpose."""


class InvalidSpec(OperatorError):
    """A DataService that only an edit of its spec can heal.

    Attributes:
        reason: the condition's reason, CamelCase.
        pointer: JSON pointer (RFC 6901) to the offending value.
    """

    def __init__(self, message: str, *, reason: str = "InvalidSpec", pointer: str = "") -> None:
        super().__init__(message)
        self.reason = reason
        self.pointer = pointer


class NotOwned(OperatorError):
    """A child's name is taken by an object that is not ours."""


class NotWatched(OperatorError):
    """A kind may not be listed or watched: what of it is live is unknown, so nothing of it is written."""


class ChildTerminating(OperatorError):
    """A child belongs to a deleted DataService of the same name, and is about to be collected."""


class Suspended(OperatorError):
    """A write would be needed, and the DataService is suspended."""


class ParentGone(OperatorError):
    """The DataService was deleted, or replaced by another of the same name, while it was reconciled."""


class LeadershipLost(OperatorError):
    """A write was about to start after the lease's renew deadline."""


@dataclass
class ApiError(OperatorError):
    """An answer of the API server that is not success (or no answer: status 0)."""

    status: int
    reason: str
    message: str
    retry_after: float | None = None

    def __str__(self) -> str:
        return f"{self.reason or self.status}: {self.message}"


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409: another writer was first, or the object exists."""


class Forbidden(ApiError):
    """403: a right is missing."""


class QuotaExceeded(Forbidden):
    """403 from the ResourceQuota admission: heals when the quota allows it."""


class VolumeNotExpandable(Forbidden):
    """403 from the admission of larger volume claims: heals when the StorageClass allows expansion."""


class NamespaceTerminating(Forbidden):
    """403 with cause NamespaceTerminating: nothing can be created there any more."""


class Rejected(ApiError):
    """400 or 422: the object itself is refused; trying again changes nothing."""


class Gone(ApiError):
    """410: the resource version is too old, list again."""


class Unavailable(ApiError):
    """429, 5xx or no answer: worth another try."""
