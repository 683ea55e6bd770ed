"""`make bench-operator`, with few resources: that it measures and writes its page, not how fast anything is."""

import subprocess
from pathlib import Path

import pytest

from tests.cluster.identity import CHECKOUT
from tests.support.tools import tool

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(600)]


@pytest.fixture
def kro() -> Path:
    """Built before: within the test it would take longer than a test may."""
    return tool("kro")


@pytest.mark.usefixtures("api_server", "kro")
def test_it_prints_its_ratios_and_writes_its_page(tmp_path: Path) -> None:
    page = tmp_path / "operator.md"
    command = ["make", "bench-operator", f"ARGS=--size 20 --repeat 1 --page {page}"]
    done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cold start / floor" in done.stdout
    text = page.read_text()
    assert "| **hot creation / floor with DataServices** | **" in text
    assert "| **edit / floor, accepted, p50** | **" in text
    assert "| **drift / floor, p50** | **" in text
    assert "| **kro / operator, an edit's p50** | **" in text
    assert "| **kro / operator, a repair's p50** | **" in text
    assert "| writes for each edit | 2.00 |" in text
    assert "| reads for each edit | 0.00 |" in text
    assert "\n| writes | 0 |" in text
