"""What rendering needs beside the DataService, read or decided before, so that rendering itself is pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Claim:
    """What a live volume claim asks for, of which the API server lets little be changed."""

    size: str
    """May be more than the spec says: by someone else's hand, or from an earlier life."""

    bound: bool
    """Whether it has its volume: only then it may ask for more."""

    storage_class: str | None
    """What we named; None where it was left to the cluster."""


@dataclass(frozen=True)
class Inputs:
    image: str
    image_pin: str
    secret_hash: str | None = None
    """Keyed hash of the referenced Secret's value; None while it was never seen."""

    cursor_key: str | None = None
    """uid of the Secret with the cursor key; None while it could not be made."""

    claim: Claim | None = None
    """The live volume claim; None where there is none."""

    progress_deadline_seconds: int = 600

    operator_namespace: str = "dataservice-system"
    """Where the operator's pods run."""

    monitoring_namespace: str = "monitoring"
    """Whose pods may read the metrics where there is a NetworkPolicy; empty: nobody's."""
