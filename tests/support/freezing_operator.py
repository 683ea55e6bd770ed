"""The operator, which stands still once: let through to a write, before it sends it.

It waits for that until the file exists whose path is its argument. What it has begun to send it sends to the end: one
that ends at once, as the operator does that was followed, hangs up on the API server, which may give up a write for it.
"""

import asyncio
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

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._sending: set[asyncio.Task[Any]] = set()
        self._send: Any = self.rest_client.request
        self.rest_client.request = self._outliving  # type: ignore[method-assign]  # of this instance

    async def close(self) -> None:
        await asyncio.gather(*self._sending, return_exceptions=True)
        await super().close()  # type: ignore[no-untyped-call]  # the generated client's

    async def _outliving(self, *args: Any, **options: Any) -> Any:
        task = asyncio.create_task(self._send(*args, **options))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return await asyncio.shield(task)

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
