"""`python -m dataservice`: one process, uvicorn, graceful drain. More processes are more pods."""

import gc
from typing import Final

from dataservice.app import service_from_environment
from dataservice.server import api_server

_NEW_OBJECTS: Final = 10_000
"""So many more than were let go make the collector look: those of some hundred requests that are under way."""


def main() -> None:
    service = service_from_environment()
    _spare_the_collector()
    server = api_server(
        service.app,
        service.settings,
        on_signal=service.readiness.drain,
        on_cut=service.metrics.connection_cut,
    )
    server.run()


def _spare_the_collector() -> None:
    """What is there now stays, and need not be looked at again: to look took a quarter of a POST's time. A request
    leaves nothing behind that only the collector would find (tests/contract/garbage_test.py).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS)


if __name__ == "__main__":
    main()
