"""Operator and service are released together."""

import dataservice
import dataservice_operator


def test_the_two_programs_have_one_version() -> None:
    assert dataservice.__version__ == dataservice_operator.__version__
