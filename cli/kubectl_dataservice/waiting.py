"""Waiting for something to come true in the cluster, with what is waited for shown on a terminal."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from kubectl_dataservice.durations import span
from kubectl_dataservice.errors import Exit, Problem
from kubectl_dataservice.output import progress

_EVERY_SECONDS: Final = 1.0
"""It is asked, not watched: that takes the right to get alone, and survives a connection that breaks."""


@dataclass(frozen=True)
class Look:
    """What was seen."""

    done: bool
    hopeless: bool
    told: str


def wait(look: Callable[[], Look], seconds: float) -> Look:
    """Look until it is done or hopeless.

    Raises:
        Problem: neither came true in time; or a look failed, by other than a server that is away for a while.
    """
    begun = time.monotonic()
    last = ""
    with progress("waiting") as show:
        while True:
            try:
                seen = look()
                if seen.done or seen.hopeless:
                    return seen
                last = seen.told
            except Problem as problem:
                if problem.exit_code is not Exit.UNREACHABLE:
                    raise
                last = str(problem)
            passed = time.monotonic() - begun
            if passed >= seconds:
                raise Problem(f"timed out after {span(seconds)}: {last}", Exit.TIMED_OUT)
            show(f"{last} ({span(passed)})")
            time.sleep(min(_EVERY_SECONDS, seconds - passed))
