"""What pods that are not ready say of themselves: the one who knows why is the one who waits."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from dataservice_operator.cluster.pods import Readiness
from dataservice_operator.reconcile.observed_pod import Pod, newest
from dataservice_operator.reconcile.problem import Problem
from dataservice_operator.render.names import ADMIN_PORT

Ask = Callable[[str, int], Awaitable[Readiness | None]]

MOST_ASKED: Final = 3
_PASSING: Final = ("", "Starting", "Draining")
"""What a pod says of itself at each start and stop: no cause that anyone could act on."""


@dataclass(frozen=True)
class PodAnswers:
    cause: Problem | None = None
    """What keeps a pod from serving, in its own words."""

    asked: int = 0
    answered: int = 0
    ready: int = 0
    """How many of them say that they are ready, though the cluster has not heard of it."""


async def ask_unready(pods: tuple[Pod, ...], ask: Ask) -> PodAnswers:
    """Ask a few of the newest pods that run and are not ready."""
    unready = [pod for pod in newest(pods) if pod.running and pod.ip and not pod.ready]
    answers = await asyncio.gather(*(ask(pod.ip, ADMIN_PORT) for pod in unready[:MOST_ASKED]))
    heard = [answer for answer in answers if answer is not None]
    causes = [Problem(answer.reason, answer.message) for answer in heard if answer.reason not in _PASSING]
    return PodAnswers(
        cause=causes[0] if causes else None,
        asked=len(answers),
        answered=len(heard),
        ready=sum(answer.ready for answer in heard),
    )
