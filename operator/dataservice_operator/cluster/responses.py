"""The API server's answers: what is in them, and its failures, turned once into the operator's own errors."""

import json
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Final, TypeVar

import msgspec

from dataservice_operator.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    NamespaceTerminating,
    NotFound,
    QuotaExceeded,
    Rejected,
    Unavailable,
    VolumeNotExpandable,
)

_BY_STATUS: Final[dict[int, type[ApiError]]] = {
    HTTPStatus.BAD_REQUEST: Rejected,
    HTTPStatus.FORBIDDEN: Forbidden,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.GONE: Gone,
    HTTPStatus.UNPROCESSABLE_ENTITY: Rejected,
    HTTPStatus.TOO_MANY_REQUESTS: Unavailable,
}

_MISFIT: Final = "failed to create typed patch object"
"""A manifest with a field that the schema lacks is answered with 500 by server-side apply."""

T = TypeVar("T")


def decoded(content: bytes, answer: type[T], status: int, asked: str) -> T:
    """An answer, or an event, of the form `answer`; `asked` is what asked for it, for the message.

    Raises:
        Unavailable: it has another form, as the page has that a proxy sends with 200.
    """
    try:
        return msgspec.json.decode(content, type=answer)
    except msgspec.ValidationError as error:
        raise Unavailable(
            status, "Unreadable", f"{asked} was answered with JSON of another kind: {error}"
        ) from error
    except msgspec.DecodeError as error:
        raise Unavailable(status, "Unreadable", f"{asked} was not answered in JSON") from error


def error_of(status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """The error that an answer of 400 and above stands for (metav1.Status, or plain text from a proxy)."""
    try:
        answer: Any = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        answer = {"message": body[:200].decode(errors="replace")}
    return error_of_status({**answer, "code": status}, retry_after=_seconds(headers.get("Retry-After")))


def error_of_status(answer: Mapping[str, Any], *, retry_after: float | None = None) -> ApiError:
    """The error of a metav1.Status, as an answer's body or inside a watch event of type ERROR."""
    status = int(answer.get("code") or 0)
    message = str(answer.get("message", "no message"))
    causes = {cause.get("reason") for cause in (answer.get("details") or {}).get("causes") or ()}
    error = _BY_STATUS.get(status, Unavailable if status >= 500 else ApiError)  # noqa: PLR2004 - HTTP's own boundary
    if error is Forbidden and "NamespaceTerminating" in causes:
        error = NamespaceTerminating
    elif error is Forbidden and "exceeded quota" in message:
        error = QuotaExceeded
    elif error is Forbidden and "pvc can be resized" in message:
        error = VolumeNotExpandable
    elif error is Unavailable and message.startswith(_MISFIT):
        error = Rejected
    return error(status, str(answer.get("reason") or ""), message, retry_after)


def unanswered(error: BaseException) -> Unavailable:
    return Unavailable(
        0, "NoAnswer", f"the API server did not answer: {type(error).__name__} {error}".strip()
    )


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.isdigit() else None
