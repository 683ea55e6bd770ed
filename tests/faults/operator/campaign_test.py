"""A sample of the campaign: each fault once."""

import subprocess

import pytest

from tests.cluster.identity import CHECKOUT
from tests.faults.operator.plans import Fault

pytestmark = [pytest.mark.apiserver, pytest.mark.timeout(400)]

SAMPLE = ("make", "test-faults", "ARGS=operator --sample")


@pytest.mark.usefixtures("api_server")
def test_whatever_goes_wrong_once_the_same_is_made_in_the_end() -> None:
    done = subprocess.run(SAMPLE, cwd=CHECKOUT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    assert "; 0 failed, " in done.stdout
    assert all(f"{fault} 1" in done.stdout for fault in Fault)
