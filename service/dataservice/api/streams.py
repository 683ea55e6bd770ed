"""Answers without a length, sent as they are made."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing

from starlette.requests import ClientDisconnect
from starlette.responses import StreamingResponse
from starlette.types import Message, Send


class Stream(StreamingResponse):
    """Each part is made when the one before has been taken. What makes them is closed with the answer, however that
    ends: also when the client went away or the process drains.

    An error on the way breaks the connection before the end of its chunked body, which is how a client learns of it
    (RFC 9112, section 8).
    """

    def __init__(
        self,
        parts: AsyncGenerator[bytes],
        headers: Mapping[str, str],
        media_type: str,
        *,
        patience: float | None = None,
    ) -> None:
        """Who takes nothing for `patience` seconds is cut off."""
        super().__init__(parts, headers=headers, media_type=media_type)
        self._parts = parts
        self._patience = patience

    async def stream_response(self, send: Send) -> None:
        async with aclosing(self._parts):
            await super().stream_response(self._patiently(send))

    def _patiently(self, send: Send) -> Send:
        async def sent(message: Message) -> None:
            try:
                async with asyncio.timeout(self._patience):
                    await send(message)
            except TimeoutError as error:
                raise ClientDisconnect from error

        return sent


async def nothing() -> AsyncGenerator[bytes]:
    """The answer to HEAD, whose GET has a length that nobody knows."""
    return
    yield b""
