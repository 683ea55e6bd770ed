"""One question to a pod: why are you not ready? (the service's own /readyz, on its admin port)."""

import json
from dataclasses import dataclass
from typing import Final

import aiohttp

ANSWER_SECONDS: Final = 3.0
"""A pod pings its database before it answers, for up to a second: to ask for as long would be to hear nothing."""


@dataclass(frozen=True)
class Readiness:
    ready: bool
    reason: str = ""
    message: str = ""


async def ask(ip: str, port: int, seconds: float = ANSWER_SECONDS) -> Readiness | None:
    """What the pod says of itself; None where it cannot be reached from here or does not answer as our service does."""
    host = f"[{ip}]" if ":" in ip else ip
    timeout = aiohttp.ClientTimeout(total=seconds)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as session,
            session.get(f"http://{host}:{port}/readyz") as response,
        ):
            answer = json.loads(await response.content.read(16_384))
            return Readiness(
                answer["ready"] is True, str(answer.get("reason", "")), str(answer.get("message", ""))
            )
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, KeyError, TypeError):
        return None
