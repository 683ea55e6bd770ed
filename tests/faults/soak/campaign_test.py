"""Two minutes of `make soak`."""

import subprocess

import pytest

from tests.cluster.identity import CHECKOUT

pytestmark = [pytest.mark.apiserver, pytest.mark.mongodb, pytest.mark.timeout(400)]

SOAK = ("make", "soak", "ARGS=--count 100 --seconds 75 --megabytes 50")


@pytest.mark.usefixtures("api_server")
def test_nothing_adds_up() -> None:
    done = subprocess.run(SOAK, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert ", 0 changes missed" in done.stdout
    assert done.stdout.count("samples over") == 3
    assert "export of 50 MB from SQLite" in done.stdout
    assert "export of 10 MB from MongoDB" in done.stdout
