"""Whether the database can be reached, as the pods see it: the operator itself never talks to it."""

from collections.abc import Awaitable, Callable
from typing import Final

from dataservice_operator.cluster.pods import Readiness
from dataservice_operator.reconcile.observed import Deployment, Pod
from dataservice_operator.reconcile.status import Verdict
from dataservice_operator.render.names import ADMIN_PORT

MOST_ASKED: Final = 3


async def database(
    deployment: Deployment | None,
    pods: tuple[Pod, ...],
    ask: Callable[[str, int], Awaitable[Readiness | None]],
) -> tuple[Verdict, bool]:
    """The verdict, and whether it is settled: False means that asking again soon may tell more.

    A ready pod has just pinged the database. Only where none is ready, and some run, are they asked for the cause.
    """
    alive = [pod for pod in pods if not pod.deleting]
    if any(pod.ready for pod in alive):
        return Verdict("True", "Connected", "the pods reach the database"), True
    running = [pod for pod in alive if pod.running and pod.ip]
    if not running:
        reason = "ScaledToZero" if deployment is not None and deployment.wanted == 0 else "NoPods"
        return Verdict("Unknown", reason, "no pod runs that could tell"), True
    answers = [await ask(pod.ip, ADMIN_PORT) for pod in running[:MOST_ASKED]]
    for answer in answers:
        if answer is not None and answer.reason.startswith("Database"):
            return Verdict("False", answer.reason, answer.message), False
    if any(answer is not None for answer in answers):
        return Verdict("Unknown", "Starting", "the pods are starting"), False
    return Verdict(
        "Unknown", "PodsUnreachable", "the operator cannot reach the pods' admin port to ask"
    ), False
