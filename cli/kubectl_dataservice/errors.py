"""How the plugin ends."""

from enum import IntEnum


class Exit(IntEnum):
    """Exit codes; documented in docs/plugin.md."""

    OK = 0
    NO = 1
    """The answer is no: not ready, or it differs."""

    USAGE = 2
    """The command line, or a file, is wrong."""

    NOT_FOUND = 3
    FORBIDDEN = 4
    UNREACHABLE = 5
    """No cluster is named, or it does not answer."""

    TIMED_OUT = 6
    INTERRUPTED = 130
    PIPE_CLOSED = 141


class Problem(Exception):
    """What keeps a command from doing what it was asked: one line that says what to do."""

    def __init__(self, message: str, exit_code: Exit) -> None:
        super().__init__(message)
        self.exit_code = exit_code
