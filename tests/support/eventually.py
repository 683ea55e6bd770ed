"""Waiting for a condition that another process brings about."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, seconds: float = 30, every: float = 0.2) -> T:
    """Return the first answer of `look` that is true. What `look` raises ends the wait at once.

    Raises:
        AssertionError: there was none in time; it shows the last answer.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer = look()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s; last seen: {answer!r}")
        time.sleep(every)
