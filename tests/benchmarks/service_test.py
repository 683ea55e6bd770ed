"""`make bench-service`, for moments: that it measures and writes its page, not how fast anything is."""

import subprocess
from pathlib import Path

import pytest

from tests.cluster import mongodb
from tests.cluster.identity import CHECKOUT
from tests.support.required import unavailable

pytestmark = [pytest.mark.mongodb, pytest.mark.timeout(400)]


def test_it_prints_its_ratios_and_writes_its_page(tmp_path: Path) -> None:
    mongodb.server() or unavailable("needs the MongoDB-compatible server: make cluster")
    page = tmp_path / "service.md"
    command = ["make", "bench-service", f"ARGS=--seconds 0.3 --repeat 1 --page {page}"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "CPU / baseline, POST at 64, MongoDB" in done.stdout
    text = page.read_text()
    assert "## Numbers to reach\n\n| | at most | measured | reached |\n" in text
    assert text.count("| **CPU / baseline** | **1.00** |") == 7
    assert "## Against a harder measure\n\n| | measured |\n" in text
    assert "## import of 2,000 lines, 2 at a time\n\n| | baseline | echo | MongoDB | SQLite |\n" in text
    assert "## list of 50, 16 at a time" in text
    assert "| **CPU / baseline** | **1.00** | - | **" in text, "an echo has no documents"
