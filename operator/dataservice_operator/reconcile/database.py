"""Whether the database can be reached, as the pods see it: the operator itself never talks to it."""

from typing import Final

from dataservice_operator.reconcile.observed import Deployment
from dataservice_operator.reconcile.observed_pod import Pod
from dataservice_operator.reconcile.pod_answers import PodAnswers
from dataservice_operator.reconcile.status import Verdict

_OF_OTHERS: Final = ("Index", "NoApiKeys", "KeySet")
"""How reasons of the pods begin that have nothing to do with the way to the database."""

_CONNECTED: Final = Verdict("True", "Connected", "the pods reach the database")


def database(deployment: Deployment | None, pods: tuple[Pod, ...], answers: PodAnswers) -> Verdict:
    """The condition DatabaseReachable. A ready pod has just pinged the database: that outweighs one that cannot.

    A pod that keeps ending runs for moments between: that it does not answer then says nothing of the way to it.
    """
    if answers.ready or any(pod.ready and not pod.deleting for pod in pods):
        return _CONNECTED
    cause = answers.cause
    if cause is not None and cause.reason.startswith("Database"):
        return Verdict("False", cause.reason, cause.message)
    if cause is not None and cause.reason.startswith(
        _OF_OTHERS
    ):  # said only while the database answers pings
        return _CONNECTED
    if answers.answered:
        return Verdict("Unknown", "Starting", "the pods are starting")
    if answers.asked and not any(pod.exit_message for pod in pods):
        return Verdict("Unknown", "PodsUnreachable", "the operator cannot reach the pods' admin port to ask")
    reason = "ScaledToZero" if deployment is not None and deployment.wanted == 0 else "NoPods"
    return Verdict("Unknown", reason, "no pod runs that could tell")


def unseen(refusal: str) -> Verdict:
    """The condition where the pods may not be watched."""
    return Verdict("Unknown", "Forbidden", f"the operator may not watch each Pod: {refusal}")
