"""Operator, service, and the manifests that install them are released together."""

import re
from pathlib import Path

import dataservice
import dataservice_operator

DEPLOYMENT = Path(__file__).resolve().parents[2] / "k8s/base/deployment.yaml"


def test_the_two_programs_have_one_version() -> None:
    assert dataservice.__version__ == dataservice_operator.__version__


def test_the_manifests_name_the_images_of_that_version() -> None:
    tags = re.findall(r"ghcr\.io/dataservice-dev/(\w+):(\S+)", DEPLOYMENT.read_text())
    assert dict(tags) == dict.fromkeys(("operator", "service"), dataservice.__version__)
