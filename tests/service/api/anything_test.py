"""Whatever is sent, the service answers, and no answer is a failure of its own."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from starlette.types import ASGIApp, Message

from tests.support.api import service

PATHS = [
    "/data",
    "/data/",
    "/data/x",
    "/data:import",
    "/data:export",
    "/data:watch",
    "/schema",
    "/openapi.json",
    "/docs",
    "/docs/page.js",
    "/",
]
METHODS = [
    *(["GET"] * 6 + ["POST"] * 4 + ["HEAD"] * 2),
    *("PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "get", "M-SEARCH"),
]
HEADERS = [
    *(
        b"accept",
        b"authorization",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"cookie",
        b"host",
    ),
    *(b"if-match", b"if-none-match", b"idempotency-key", b"last-event-id", b"origin", b"prefer", b"range"),
    *(b"access-control-request-method", b"transfer-encoding", b"upgrade", b"x-request-id"),
]
WORDS = [
    *("limit", "cursor", "after", "filter", "sort", "fields", "count", "validate_only"),
    *("=", "&", "%00", "%ff", "1", "a=&" * 70),
]

printable = some.characters(min_codepoint=0x21, max_codepoint=0x7E)
path = some.sampled_from(
    PATHS
) | some.builds(  # right ones as often as wrong ones, behind which there is little
    str.__add__, some.sampled_from(PATHS), some.text(printable, max_size=20)
)
query = some.lists(some.sampled_from(WORDS) | some.text(printable, max_size=10), max_size=8).map("".join)
value = some.sampled_from(
    [
        *(b"application/json", b"application/merge-patch+json", b"application/json-patch+json"),
        *(b"application/x-ndjson", b"*", b'"x"', b"return=minimal", b"https://a.example"),
    ]
) | some.binary(max_size=30)
headers = some.lists(some.tuples(some.sampled_from(HEADERS), value), max_size=6)
document = some.recursive(
    some.none() | some.booleans() | some.integers() | some.floats() | some.text(),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
body = some.binary(max_size=60) | document.map(lambda each: json.dumps(each).encode())


@pytest.fixture(scope="module")
def app() -> Iterator[tuple[asyncio.Runner, ASGIApp]]:
    """One service for all that is sent: what one request leaves behind, the next one meets."""
    made = service(api={"cors": {"allowed_origins": ["https://a.example"]}})
    made.readiness.drain()  # so that a watch ends
    with asyncio.Runner() as runner:
        yield runner, made.app


@settings(max_examples=500, deadline=None)
@given(method=some.sampled_from(METHODS), path=path, query=query, headers=headers, body=body)
def test_no_request_makes_the_service_fail(
    app: tuple[asyncio.Runner, ASGIApp],
    method: str,
    path: str,
    query: str,
    headers: list[tuple[bytes, bytes]],
    body: bytes,
) -> None:
    runner, asgi = app
    scope: dict[str, Any] = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"test"), *headers],
    }

    status = runner.run(answered(asgi, scope, body))

    assert 200 <= status < 500


async def answered(app: ASGIApp, scope: dict[str, Any], body: bytes) -> int:
    """The status of an answer that has come to its end."""
    statuses, ended, asking = [], False, True

    async def receive() -> Message:
        nonlocal asking
        if not asking:  # the client stays
            await asyncio.Event().wait()
        asking = False
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Message) -> None:
        nonlocal ended
        if message["type"] == "http.response.start":
            statuses.append(message["status"])
        else:
            ended = not message.get("more_body", False)

    async with asyncio.timeout(20):
        await app(scope, receive, send)
    assert ended
    [status] = statuses
    return int(status)
