"""The one error the tool shows to its user: what went wrong and what to do about it."""

from pathlib import Path


class ClusterError(Exception):
    def __init__(self, message: str, *, log: Path | None = None) -> None:
        super().__init__(message)
        self.log = log
        """The log that tells more; its tail is shown."""
