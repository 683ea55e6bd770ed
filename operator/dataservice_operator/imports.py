"""Which part of a library is loaded."""

import sys
from importlib.machinery import PathFinder
from types import ModuleType


def leave_out_synchronous_client() -> None:
    """Make `kubernetes` a package whose parts are loaded one by one; to be called before anything imports it.

    Its own start loads the synchronous client, requests and more, of which nothing is used here, also when only
    `kubernetes.aio` is asked for: 7 MB of memory in each process and a fifth of a second of its start.
    """
    spec = PathFinder.find_spec("kubernetes")
    if spec is None or spec.submodule_search_locations is None or "kubernetes" in sys.modules:
        return
    package = ModuleType("kubernetes")
    package.__spec__ = spec
    package.__path__ = list(spec.submodule_search_locations)
    sys.modules["kubernetes"] = package
