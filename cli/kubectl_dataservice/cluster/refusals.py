"""What the API server's refusals, or its silence, mean to who sits at the terminal: one line, one exit code."""

from http import HTTPStatus
from typing import Final

from dataservice_operator.errors import ApiError, Forbidden, NotFound, Rejected
from kubectl_dataservice.errors import Exit, Problem

_UNKNOWN_FIELD: Final = "unknown field"
_UNTRUSTED: Final = "certificate verify failed"


def understood(error: ApiError, host: str, where: str) -> Problem:
    message = " ".join(error.message.split())
    if error.status == HTTPStatus.UNAUTHORIZED:
        told = f"{host} does not take the credentials of {where}: log in again, or name another by --context"
        return Problem(told, Exit.FORBIDDEN)
    if isinstance(error, Forbidden):
        return Problem(f"{message}: ask for a role that allows it", Exit.FORBIDDEN)
    if isinstance(error, NotFound):
        return Problem(message, Exit.NOT_FOUND)
    if isinstance(error, Rejected) and _UNKNOWN_FIELD in message:
        return Problem(f"the cluster's CRD is older than this plugin: {message}: upgrade the CRD", Exit.NO)
    if error.status >= HTTPStatus.INTERNAL_SERVER_ERROR or error.status == HTTPStatus.TOO_MANY_REQUESTS:
        return Problem(f"{host} answers {error.status}: {message}: try again", Exit.UNREACHABLE)
    return Problem(f"the API server refuses: {message}", Exit.NO)


def unanswered(error: Exception, host: str, where: str) -> Problem:
    cause = str(getattr(error, "reason", None) or error)
    if _UNTRUSTED in cause:
        why = cause.rpartition(_UNTRUSTED)[2].partition("(")[0].strip(" :")
        told = f"{host} is not who the kubeconfig trusts: {why}: see certificate-authority of {where}"
        return Problem(told, Exit.UNREACHABLE)
    last = cause.rsplit(": ", 1)[-1].strip() or type(error).__name__
    return Problem(f"{host} of {where} does not answer: {last}", Exit.UNREACHABLE)
