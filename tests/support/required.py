"""What a test does when the server it needs is not there."""

import os
from typing import NoReturn

import pytest

REQUIRE = "DATASERVICE_TEST_REQUIRE"


def unavailable(reason: str) -> NoReturn:
    """Skip with the reason; fail with it where nothing may be skipped (`make test` sets the variable)."""
    if os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{reason} ({REQUIRE}=1 forbids skipping)", pytrace=False)
    pytest.skip(reason)
