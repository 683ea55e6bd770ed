"""How long the body of a request may take."""

import asyncio

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from dataservice.api.errors import RequestTimeout
from dataservice.api.middleware.limits import LEAST_UPLOADED_BYTES, Limits
from dataservice.settings import LimitSettings, SecondsSettings

SECONDS = 0.2
LIMITS = LimitSettings(seconds=SecondsSettings(body=SECONDS))


async def read(scope: Scope, receive: Receive, send: Send) -> None:
    await Request(scope, receive).body()
    await Response()(scope, receive, send)


async def statuses(path: str, parts: int, pause: float, size: int = LEAST_UPLOADED_BYTES) -> list[int]:
    """Of the answer to a body that comes in parts, with a pause before each."""
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "POST",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"host", b"x")],
    }
    left = parts
    sent: list[Message] = []

    async def receive() -> Message:
        nonlocal left
        await asyncio.sleep(pause)
        left -= 1
        return {"type": "http.request", "body": b" " * size, "more_body": left > 0}

    async def send(message: Message) -> None:
        sent.append(message)

    await Limits(read, LIMITS, {"/data:import": None})(scope, receive, send)
    return [message["status"] for message in sent if message["type"] == "http.response.start"]


async def test_the_parts_of_a_body_share_its_time() -> None:
    with pytest.raises(RequestTimeout, match=r"the body did not arrive within 0\.2 s"):
        await statuses("/data", parts=100, pause=SECONDS / 20)


async def test_each_part_of_an_upload_has_the_time_of_a_body() -> None:
    assert await statuses("/data:import", parts=30, pause=SECONDS / 20) == [200]


async def test_an_upload_that_stops_is_not_waited_for() -> None:
    with pytest.raises(RequestTimeout, match="the next 4096 bytes of the body did not arrive"):
        await statuses("/data:import", parts=2, pause=60)


async def test_an_upload_that_comes_a_byte_at_a_time_is_not_waited_for() -> None:
    with pytest.raises(RequestTimeout, match="the next 4096 bytes of the body did not arrive"):
        await statuses("/data:import", parts=1000, pause=SECONDS / 20, size=1)
