"""Which part of a library is loaded, and what of this machine with it."""

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.machinery import PathFinder
from types import ModuleType
from typing import Final

_PACKAGES: Final = ("kubernetes", "kubernetes.aio", "kubernetes.client")
"""Parents first."""


def leave_out_unused_clients() -> None:
    """Make `kubernetes` a package whose parts are loaded one by one; to be called before anything imports it.

    Its own start loads the synchronous client, requests and more, that of `kubernetes.aio` the dynamic client and what
    it stands on, and Kopf asks `kubernetes.client` for two of its models, if it is there. Nothing of them is used here:
    10 MB of memory in each process and a fifth of a second of its start.
    """
    for name in _PACKAGES:
        parent = sys.modules.get(name.rpartition(".")[0])
        spec = PathFinder.find_spec(name, parent.__path__ if parent else None)
        if spec is None or spec.submodule_search_locations is None or name in sys.modules:
            return
        package = ModuleType(name)
        package.__spec__ = spec
        package.__path__ = list(spec.submodule_search_locations)
        sys.modules[name] = package


@contextmanager
def without_system_certificates() -> Iterator[None]:
    """Hide from OpenSSL the authorities that the machine trusts, while something is imported.

    aiohttp reads them at its import, twice, for requests that bring no TLS context of their own; here each brings one.
    They take 2 MB and a twentieth of a second. Where OpenSSL looks for them:
    https://docs.openssl.org/3.0/man3/SSL_CTX_load_verify_locations/
    """
    hidden = ("SSL_CERT_FILE", "SSL_CERT_DIR")
    before = {name: os.environ.get(name) for name in hidden}
    os.environ.update(dict.fromkeys(hidden, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def without_garbage_collection() -> Iterator[None]:
    """Look for no garbage while something is imported, which makes none, and at what was imported never again.

    They take a sixth less then.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.collect()
        gc.freeze()
        gc.enable()
