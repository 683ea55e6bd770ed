"""Waiting for what another task of the same event loop brings about."""

import asyncio
from collections.abc import Callable


async def until(condition: Callable[[], object], seconds: float = 5) -> None:
    """Let the other tasks run until `condition` is true."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - the condition is any expression of the test
            await asyncio.sleep(0)
