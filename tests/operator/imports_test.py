"""What the operator's process loads."""

import subprocess
import sys

LOADED = """
from dataservice_operator.imports import leave_out_unused_clients
leave_out_unused_clients()
import sys
import dataservice_operator.main
print("kubernetes.aio.client" in sys.modules, "requests" in sys.modules, "urllib3" in sys.modules)
"""


def test_the_clients_that_are_not_used_and_what_they_need_are_left_out() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False"]
