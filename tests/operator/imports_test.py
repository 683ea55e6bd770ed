"""What the operator's process loads."""

import os
import subprocess
import sys

import pytest

LOADED = """
from dataservice_operator.imports import leave_out_unused_clients
leave_out_unused_clients()
import sys
import dataservice_operator.main
print("kubernetes.aio.client" in sys.modules, "requests" in sys.modules, "urllib3" in sys.modules)
print("kubernetes.client.models" in sys.modules)
"""


CERTIFICATES = """
import os
from dataservice_operator.imports import without_system_certificates
before = dict(os.environ)
with without_system_certificates():
    import aiohttp.connector as connector
known = (connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED)
print(*(bool(each.get_ca_certs()) for each in known), dict(os.environ) == before)
"""

COLLECTIONS = """
import gc
from dataservice_operator.imports import without_garbage_collection
with without_garbage_collection():
    print(gc.isenabled())
    import aiohttp
print(gc.isenabled(), gc.get_freeze_count() > 10_000)
"""


def test_the_clients_that_are_not_used_and_what_they_need_are_left_out() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False", "False", "False"]


@pytest.mark.parametrize("own", [{}, {"SSL_CERT_FILE": "/nowhere", "SSL_CERT_DIR": "/nowhere"}])
def test_authorities_are_hidden_from_an_import_and_from_nothing_after_it(own: dict[str, str]) -> None:
    others = {name: value for name, value in os.environ.items() if not name.startswith("SSL_CERT_")}
    done = subprocess.run(
        [sys.executable, "-c", CERTIFICATES], capture_output=True, text=True, check=True, env=others | own
    )
    assert done.stdout.split() == ["False", "False", "True"]


def test_no_garbage_is_looked_for_during_an_import_and_what_it_made_is_not_looked_through_afterwards() -> (
    None
):
    done = subprocess.run([sys.executable, "-c", COLLECTIONS], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "True"]
