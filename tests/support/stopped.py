"""Programs of the cluster that do not run for a while."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.cluster.state import Cluster
from tests.support.required import unavailable


@contextmanager
def stopped(cluster: Cluster, program: str) -> Iterator[None]:
    try:
        cluster.pid(program)
    except LookupError:
        unavailable(f"needs a {program} that can be stopped: the test cluster without Docker")
    cluster.stop(program)
    try:
        yield
    finally:
        cluster.restart(program)
