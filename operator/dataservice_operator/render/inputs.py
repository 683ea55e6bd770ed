"""What rendering needs beside the DataService, read or decided before, so that rendering itself is pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Inputs:
    image: str
    image_pin: str
    secret_hash: str | None = None
    """Keyed hash of the referenced Secret's value; None while it was never seen."""

    cursor_key: str | None = None
    """uid of the Secret with the cursor key; None while it could not be made."""

    claimed_size: str | None = None
    """What the live volume claim asks for, which may be more than the spec does; None where there is no claim."""

    progress_deadline_seconds: int = 600
