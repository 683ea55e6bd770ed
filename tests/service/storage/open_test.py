"""What opening a store loads."""

import subprocess
import sys

LOADED = """
from dataservice.settings import DatabaseSettings
from dataservice.storage.open import repository
repository(DatabaseSettings(kind="mongodb", mongodb={"uri": "mongodb://x", "database": "x", "collection": "x"}))
import sys
print("pymongo" in sys.modules, "cryptography" in sys.modules)
"""


def test_a_mongodb_needs_no_cryptography_of_its_own() -> None:
    done = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "False"]
