"""What is wrong with a request before it reaches the domain."""

from collections.abc import Collection


class RequestError(Exception):
    """Parent of the errors below; the text is for the client."""


class UnknownParameter(RequestError):
    def __init__(self, name: str, known: Collection[str]) -> None:
        those = f"known here: {', '.join(known)}" if known else "none is known here"
        super().__init__(f"unknown query parameter {name[:100]!r}; {those}")


class InvalidParameter(RequestError):
    pass


class InvalidHeader(RequestError):
    """A header field that is malformed, or that this request cannot have."""


class InvalidIdempotencyKey(RequestError):
    pass


class UnsupportedMediaType(RequestError):
    pass


class UnsupportedPatchType(UnsupportedMediaType):
    pass


class LinesExpected(RequestError):
    pass


class BodyTooLarge(RequestError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")


class RequestTimeout(RequestError):
    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"the {what} did not arrive within {seconds:g} s")


class MalformedRequest(RequestError):
    """What is no HTTP/1.1 (RFC 9112)."""


class Overloaded(RequestError):
    def __init__(self, by: str) -> None:
        super().__init__(f"{by} here; try again")


class UrlTooLong(RequestError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"the URL is longer than {limit} bytes")


class HeadersTooLarge(RequestError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"the header fields are larger than {limit} bytes together")
