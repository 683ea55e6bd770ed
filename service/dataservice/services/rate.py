"""How many requests each caller may send to this process: a token bucket for each."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

MOST_CALLERS: Final = 10_000
"""Of whom a bucket is kept; beyond, who has been silent for longest begins anew with a full one."""


@dataclass(frozen=True, slots=True)
class Allowance:
    granted: bool
    remaining: int
    """Requests that may follow at once."""

    full_in: float
    """Seconds until as many may come at once as after a pause."""

    next_in: float
    """Seconds until the next one may come; 0 where it may come now."""


class RateLimiter:
    def __init__(self, rate: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, caller: str) -> Allowance:
        """Take one request out of the caller's bucket, if it has one left."""
        now = self._clock()
        left, since = self._buckets.pop(caller, (float(self.burst), now))
        left = min(self.burst, left + (now - since) * self.rate)
        granted = left >= 1
        if granted:
            left -= 1
        self._buckets[caller] = (left, now)
        if len(self._buckets) > MOST_CALLERS:
            self._buckets.popitem(last=False)
        return Allowance(
            granted, int(left), (self.burst - left) / self.rate, max(0.0, (1 - left) / self.rate)
        )
