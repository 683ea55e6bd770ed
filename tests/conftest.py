"""Servers that several tiers of tests share."""

import gc
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster import mongodb
from tests.cluster.identity import CHECKOUT
from tests.cluster.state import Cluster, control_plane, full_cluster
from tests.support.endings import end_on_signals
from tests.support.kubectl import Kubectl
from tests.support.required import unavailable


def pytest_configure(config: pytest.Config) -> None:
    # PyMongo's asynchronous client leaves the socket to the garbage collector if it is closed while it
    # connects (pool_shared._async_create_connection); when that warns, another test would be blamed.
    config.addinivalue_line("filterwarnings", "ignore:unclosed <socket:ResourceWarning")
    end_on_signals()


def pytest_collection_finish() -> None:
    # What was imported stays: to look through it at each full collection took a quarter of the unit tests' time.
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def mongodb_uri(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A MongoDB that stays up: `MONGODB_URI`, or the MongoDB-compatible server of the test cluster."""
    if given := os.environ.get("MONGODB_URI"):
        yield given
        return
    server = mongodb.MongoServer(_program(), tmp_path_factory.mktemp("mongodb"))
    server.start()
    yield server.uri
    server.stop()


@pytest.fixture
def mongo_server(tmp_path: Path) -> Iterator[mongodb.MongoServer]:
    """A server of the test's own, started, that it may stop, kill and start again."""
    server = mongodb.MongoServer(_program(), tmp_path / "mongodb")
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def api_server() -> Cluster:
    """The API server; the test is skipped, or fails where it is required, when none is up."""
    return control_plane() or unavailable("needs an API server: make cluster")


@pytest.fixture(scope="session")
def cluster() -> Cluster:
    """The cluster with a node; the test is skipped, or fails where it is required, when none is up."""
    return full_cluster() or unavailable("needs a cluster with a node: make cluster")


@pytest.fixture(scope="session")
def kubectl(cluster: Cluster) -> Kubectl:
    return Kubectl(cluster.kubectl, cluster.kubeconfig)


@pytest.fixture(scope="session")
def images(cluster: Cluster) -> None:  # noqa: ARG001 - there is a node to bring them to
    """The images of this checkout on the node."""
    subprocess.run([sys.executable, "-m", "tests.cluster", "images"], cwd=CHECKOUT, check=True)


def _program() -> Path:
    return mongodb.server() or unavailable(
        "needs a MongoDB-compatible server: make cluster, or set MONGODB_URI"
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-goldens", action="store_true", help="write the goldens of the rendered manifests anew"
    )
