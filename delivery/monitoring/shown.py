"""Which picture shows which dashboard: each carries the hash of the queries that it shows the answers to."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from delivery.diagrams import drawn_from
from delivery.monitoring.dashboard import Dashboard

FOLDER: Final = Path(__file__).resolve().parents[2] / "docs/monitoring"


def picture(folder: Path, name: str) -> Path:
    return folder / f"{name}.png"


def digest(dashboard: Dashboard) -> str:
    return hashlib.sha256(repr(dashboard.rows).encode()).hexdigest()


def stale(folder: Path, dashboards: Mapping[str, Dashboard]) -> list[Path]:
    """The pictures that are missing, or show other panels or queries than there are now."""
    return [
        picture(folder, name)
        for name, dashboard in dashboards.items()
        if drawn_from(picture(folder, name)) != digest(dashboard).encode()
    ]
