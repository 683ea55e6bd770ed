"""How long one query may take."""

import time

from dataservice.errors import QueryTooSlow

QUERY_SECONDS = 3.0
_STEPS_PER_LOOK = 256


class Budget:
    """Steps are counted, and the clock is looked at now and then."""

    def __init__(self, seconds: float = QUERY_SECONDS) -> None:
        self._until = time.monotonic() + seconds
        self._steps = 0

    def spend(self) -> None:
        """Take one step. Raises QueryTooSlow when the time is over."""
        self._steps += 1
        if self._steps % _STEPS_PER_LOOK == 0:
            self.check()

    def check(self) -> None:
        if self.over:
            raise QueryTooSlow

    @property
    def over(self) -> bool:
        return time.monotonic() >= self._until
