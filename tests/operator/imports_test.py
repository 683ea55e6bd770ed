"""What the operator's process loads."""

import subprocess
import sys

LOADED = """
from dataservice_operator.imports import leave_out_synchronous_client
leave_out_synchronous_client()
import sys
import dataservice_operator.main
print("kubernetes.aio.client" in sys.modules, "requests" in sys.modules)
"""


def test_the_synchronous_client_and_what_it_needs_is_left_out() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
