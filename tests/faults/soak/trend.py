"""What a process holds on to, sample by sample, and whether that is more and more."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FEWEST: Final = 6
"""Samples that say something."""
_MOST_GROWTH: Final = 0.05
"""Of the memory in the middle, until the end: what a fragmented heap does by itself stays below."""
_MOST_DESCRIPTORS: Final = 8
"""More in the end than in the middle: connections come and go by a few."""


@dataclass(frozen=True)
class Sample:
    seconds: float
    megabytes: float
    """Resident."""
    descriptors: int
    """Open files and sockets."""


def sample(pid: int, seconds: float) -> Sample:
    """Of a process that runs (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html: VmRSS)."""
    folder = Path(f"/proc/{pid}")
    resident = re.search(r"VmRSS:\s+(\d+) kB", (folder / "status").read_text())
    assert resident is not None, "the process has ended"
    return Sample(seconds, int(resident[1]) * 1024 / 1e6, sum(1 for _ in (folder / "fd").iterdir()))


@dataclass(frozen=True)
class Trend:
    """Of the second half: in the first one caches fill."""

    megabytes_per_hour: float
    """The slope of the line through the samples, by least squares."""
    growth: float
    """Along that line, as a part of what is held where the half begins."""
    descriptors: int
    """More in the end than where the half begins."""

    def complaints(self) -> list[str]:
        """What does not look as if it could go on for ever."""
        found = []
        if self.growth > _MOST_GROWTH:
            found.append(
                f"memory grows by {self.growth:.1%} in the second half ({self.megabytes_per_hour:.1f} MB/h)"
            )
        if self.descriptors > _MOST_DESCRIPTORS:
            found.append(f"{self.descriptors} more descriptors than in the middle")
        return found


def trend(samples: Sequence[Sample]) -> Trend:
    """Raises ValueError for too few samples, or for samples all taken at once."""
    if len(samples) < FEWEST:
        raise ValueError(f"{len(samples)} samples say nothing: {FEWEST} are needed")
    half = samples[len(samples) // 2 :]
    span = half[-1].seconds - half[0].seconds
    if span <= 0:
        raise ValueError("the samples were all taken at once")
    mean_seconds = sum(each.seconds for each in half) / len(half)
    mean_megabytes = sum(each.megabytes for each in half) / len(half)
    slope = sum((each.seconds - mean_seconds) * (each.megabytes - mean_megabytes) for each in half) / sum(
        (each.seconds - mean_seconds) ** 2 for each in half
    )
    begin = mean_megabytes + slope * (half[0].seconds - mean_seconds)
    return Trend(slope * 3600, slope * span / begin, half[-1].descriptors - half[0].descriptors)
