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


class InvalidIdempotencyKey(RequestError):
    pass


class UnsupportedMediaType(RequestError):
    pass


class LinesExpected(RequestError):
    pass


class BodyTooLarge(RequestError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"the body is larger than {limit} bytes")


class UrlTooLong(RequestError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"the URL is longer than {limit} bytes")


class HeadersTooLarge(RequestError):
    def __init__(self, limit: int) -> None:
        super().__init__(f"the header fields are larger than {limit} bytes together")
