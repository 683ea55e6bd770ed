"""Who calls, and what they may do."""

from dataclasses import dataclass
from typing import Final, Literal

Scope = Literal["read", "write"]

READ_AND_WRITE: Final[frozenset[Scope]] = frozenset({"read", "write"})


@dataclass(frozen=True, slots=True)
class Principal:
    name: str
    """The client of an API key, or the subject of a token."""

    scopes: frozenset[Scope]
