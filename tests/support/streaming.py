"""A request whose answer is read while it is made: httpx's own transport waits for its end."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any

from starlette.types import ASGIApp, Message


class Answer:
    def __init__(self) -> None:
        self.status = 0
        self.headers: dict[str, str] = {}
        self.parts: asyncio.Queue[bytes | None] = asyncio.Queue()
        """None is the end."""

    async def next(self) -> bytes | None:
        async with asyncio.timeout(20):
            return await self.parts.get()

    async def _sent(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            self.headers = {name.decode(): value.decode() for name, value in message["headers"]}
            return
        if message.get("body"):
            await self.parts.put(message["body"])
        if not message.get("more_body"):
            await self.parts.put(None)


@asynccontextmanager
async def asked(app: ASGIApp, target: str, headers: Mapping[str, str] = {}) -> AsyncIterator[Answer]:
    """GET; its client goes away at the end of the block."""
    path, _, query = target.partition("?")
    gone, asking = asyncio.Event(), True
    answer = Answer()

    async def receive() -> Message:
        nonlocal asking
        if asking:
            asking = False
            return {"type": "http.request", "body": b"", "more_body": False}
        await gone.wait()
        return {"type": "http.disconnect"}

    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"test")]
        + [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }

    async def answered() -> None:
        await app(scope, receive, answer._sent)

    task = asyncio.create_task(answered())
    try:
        yield answer
    finally:
        gone.set()
        async with asyncio.timeout(20):
            with suppress(asyncio.CancelledError):
                await task
