"""Waiting for a condition that another process brings about."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def eventually(look: Callable[[], T], *, seconds: float = 30, every: float = 0.2) -> T:
    """Return the first answer of `look` that is true.

    Raises:
        AssertionError: with the last answer, or with what the last look raised as AssertionError.
    """
    deadline = time.monotonic() + seconds
    while True:
        answer: T | None = None
        refused: AssertionError | None = None
        try:
            answer = look()
        except AssertionError as error:
            refused = error
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s; last seen: {refused or answer!r}")
        time.sleep(every)
