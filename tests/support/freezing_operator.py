"""The operator, which stands still once: let through to a write, before it sends it.

It waits for that until the file exists whose path is its argument.
"""

import os
import signal
import sys
from pathlib import Path
from typing import Any

from kubernetes.aio.client import ApiClient

from dataservice_operator.cluster import connect
from dataservice_operator.main import main

FREEZE = Path(sys.argv[1])


class FreezingApi(ApiClient):
    """What the operator does between its own check and the sending goes through here."""

    async def update_params_for_auth(self, headers: Any, queries: Any, *rest: Any) -> None:
        await super().update_params_for_auth(headers, queries, *rest)
        if "PATCH" in rest:
            freeze_once()


def freeze_once() -> None:
    if FREEZE.exists():
        FREEZE.unlink()
        os.kill(os.getpid(), signal.SIGSTOP)


setattr(connect, "ApiClient", FreezingApi)  # noqa: B010 - in this process, whose only purpose it is
main()
