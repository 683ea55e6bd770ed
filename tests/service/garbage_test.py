"""No request leaves anything that only the garbage collector would find: it looks seldom (dataservice/__main__.py), and
a refused body would wait for it.
"""

import asyncio
import gc
from collections.abc import Iterator
from typing import Any

import pytest

from dataservice.app import Service
from tests.support.api import service

DOCUMENT = b'{"sku": "a-1", "quantity": 3}'
REQUESTS: dict[str, tuple[str, str, bytes]] = {
    "created": ("POST", "/data", DOCUMENT),
    "several": ("POST", "/data", b"[%b, {}, 7]" % DOCUMENT),
    "malformed": ("POST", "/data", DOCUMENT[:-1]),
    "not as the schema asks": ("POST", "/data", b'{"sku": 1}'),
    "a name that stands twice": ("POST", "/data", b'{"sku": "a", "sku": "b"}'),
    "too large": ("POST", "/data", b'"%b"' % (b"x" * 2_000_000)),
    "there already": ("POST", "/data", b'{"_id": "taken", "sku": "a-1"}'),
    "imported": ("POST", "/data:import", DOCUMENT + b"\n{}\n"),
    "replaced": ("PUT", "/data/taken", DOCUMENT),
    "patched": ("PATCH", "/data/taken", b'{"quantity": 4}'),
    "read": ("GET", "/data/taken", b""),
    "not there": ("GET", "/data/absent", b""),
    "listed": ("GET", "/data?filter=%7B%22quantity%22:3%7D&sort=-_id", b""),
    "not a filter": ("GET", "/data?filter=%7B%22$where%22:1%7D", b""),
    "exported": ("GET", "/data:export", b""),
    "deleted": ("DELETE", "/data/absent", b""),
    "not a path": ("GET", "/nothing", b""),
    "not a method": ("DELETE", "/data", b""),
}
TIMES = 5


@pytest.fixture(autouse=True)
def _only_by_hand() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.parametrize("name", REQUESTS)
async def test_a_request_leaves_nothing_for_the_collector(name: str) -> None:
    schema = {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}
    subject = service(schema=schema)
    async with subject.app.router.lifespan_context(subject.app):
        await ask(subject, "POST", "/data", b'{"_id": "taken", "sku": "a-1"}')
        await ask(subject, *REQUESTS[name])
        gc.collect()
        for _ in range(TIMES):
            await ask(subject, *REQUESTS[name])
        assert gc.collect() < TIMES


async def ask(subject: Service, method: str, target: str, body: bytes) -> None:
    """Without a client, which would leave something itself."""
    path, _, query = target.partition("?")
    kind = b"application/x-ndjson" if path.endswith("import") else b"application/json"
    kind = b"application/merge-patch+json" if method == "PATCH" else kind
    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"service"), (b"content-type", kind)],
    }
    messages = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def receive() -> Any:
        message = next(messages, None)
        if message is None:  # the client stays
            await asyncio.Event().wait()
        return message

    async def send(_message: Any) -> None:
        pass

    await subject.app(scope, receive, send)
