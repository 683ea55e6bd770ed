"""Whether each request was answered as the API promises: in time, and with an answer that a client can act on."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from tests.faults.service.history import NothingCompared

LIMIT_SECONDS: Final = 30.0
"""What a patient client waits. An operation of the store has 10 s, and a request has a few of them."""

_UNAVAILABLE: Final = 503
_EXPECTED: Final[Mapping[str, frozenset[int]]] = {
    "POST": frozenset({201, 409}),
    "GET": frozenset({200}),
    "PUT": frozenset({200, 201, 412}),
    "PATCH": frozenset({200, 409, 412}),
    "DELETE": frozenset({204}),
}


@dataclass(frozen=True)
class Call:
    """One request, and the end of it. Times are seconds of one monotonic clock."""

    method: str
    began: float
    ended: float
    status: int | None = None
    """None where there was no answer."""
    retry_after: bool = False
    error: str = ""
    """Why there was no answer."""

    def __str__(self) -> str:
        said = self.error if self.status is None else self.status
        return f"{self.method} at {self.began:.3f} s: {said} after {self.ended - self.began:.1f} s"


Outage = tuple[float, float]
"""From when till when the service was not there."""


def complaints(calls: Sequence[Call], outages: Sequence[Outage]) -> Iterator[str]:
    """One line for each answer, or want of one, that no client should get.

    Raises:
        NothingCompared: a kind of request was never answered as if nothing was wrong.
    """
    well = Counter(call.method for call in calls if call.status is not None and call.status < _UNAVAILABLE)
    if missing := [method for method in _EXPECTED if not well[method]]:
        raise NothingCompared(f"never answered: {', '.join(missing)}")
    for call in calls:
        if call.ended - call.began > LIMIT_SECONDS:
            yield f"{call}: hangs"
        elif call.status is None:
            if not any(call.began <= end and start <= call.ended for start, end in outages):
                yield f"{call}: the service was there"
        elif call.status == _UNAVAILABLE:
            if not call.retry_after:
                yield f"{call}: no Retry-After"
        elif call.status not in _EXPECTED[call.method]:
            yield f"{call}: unexpected"
