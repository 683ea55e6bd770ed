"""JSON pointers (RFC 6901) into what a client sent."""

from collections.abc import Iterable
from typing import Self

# A name of a megabyte must not be repeated in each of fifty violations.
_MAX_TOKEN = 100


class Pointer:
    """A path that grows by `/`, written out only if it is needed."""

    __slots__ = ("_parent", "_token")

    def __init__(self, parent: Self | None = None, token: str | int = "") -> None:
        self._parent = parent
        self._token = token

    def __truediv__(self, token: str | int) -> Self:
        return type(self)(self, token)

    def __str__(self) -> str:
        return "" if self._parent is None else f"{self._parent}/{_escaped(self._token)}"


def pointer(tokens: Iterable[str | int]) -> str:
    return "".join(f"/{_escaped(token)}" for token in tokens)


def _escaped(token: str | int) -> str:
    text = str(token)
    if len(text) > _MAX_TOKEN:
        text = text[:_MAX_TOKEN] + "…"
    # Half a surrogate pair cannot be sent back as UTF-8; it is shown as the escape it was written as.
    return text.encode(errors="backslashreplace").decode().replace("~", "~0").replace("/", "~1")
