"""No request leaves anything that only the garbage collector would find: it looks seldom (dataservice/__main__.py), and
a refused body would wait for it.
"""

import asyncio
import gc
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from dataservice.app import Service
from tests.contract.stores import Place
from tests.support.api import service

DOCUMENT = b'{"sku": "a-1", "quantity": 3}'
TAKEN = b'{"_id": "taken", "sku": "a-1"}'
SCHEMA = {"type": "object", "properties": {"sku": {"type": "string"}}, "required": ["sku"]}
ROUNDS = 5
AT_ONCE = 4
"""The first goes to a store alone, the others in a group."""


@dataclass(frozen=True)
class Asked:
    method: str
    target: str
    body: bytes = b""
    kind: str = "application/json"
    key: str = ""
    """Idempotency-Key."""
    status: int = 200


REQUESTS = {
    "created": Asked("POST", "/data", DOCUMENT, status=201),
    "several": Asked("POST", "/data", b"[%b, {}, 7, %b]" % (DOCUMENT, TAKEN), status=207),
    "malformed": Asked("POST", "/data", DOCUMENT[:-1], status=400),
    "not as the schema asks": Asked("POST", "/data", b'{"sku": 1}', status=422),
    "a name that stands twice": Asked("POST", "/data", b'{"sku": "a", "sku": "b"}', status=422),
    "too large": Asked("POST", "/data", b'"%b"' % (b"x" * 2_000_000), status=413),
    "there already": Asked("POST", "/data", TAKEN, status=409),
    "sent again": Asked("POST", "/data", DOCUMENT, key="first", status=201),
    "a key of another body": Asked("POST", "/data", b'{"sku": "b-2"}', key="first", status=422),
    "imported": Asked("POST", "/data:import", b"%b\n%b\n{}\n" % (DOCUMENT, TAKEN), "application/x-ndjson"),
    "replaced": Asked("PUT", "/data/taken", DOCUMENT),
    "patched": Asked("PATCH", "/data/taken", b'{"quantity": 4}', "application/merge-patch+json"),
    "read": Asked("GET", "/data/taken"),
    "not there": Asked("GET", "/data/absent", status=404),
    "listed": Asked("GET", "/data?filter=%7B%22quantity%22:3%7D&sort=-_id"),
    "not a filter": Asked("GET", "/data?filter=%7B%22$where%22:1%7D", status=400),
    "exported": Asked("GET", "/data:export"),
    "deleted": Asked("DELETE", "/data/absent", status=404),
    "not a path": Asked("GET", "/nothing", status=404),
    "not a method": Asked("DELETE", "/data", status=405),
}


@pytest.fixture
def _only_by_hand() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
async def subject(store: Place) -> AsyncIterator[Service]:
    """With a document `taken`, and one by the key `first`."""
    started = service(store.repository(), schema=SCHEMA)
    async with started.app.router.lifespan_context(started.app):
        await ask(started, REQUESTS["there already"])
        await ask(started, REQUESTS["sent again"])
        yield started


@pytest.mark.usefixtures("_only_by_hand")
@pytest.mark.parametrize("name", REQUESTS)
async def test_a_request_leaves_nothing_for_the_collector(subject: Service, name: str) -> None:
    asked = REQUESTS[name]
    assert await at_once(subject, asked) == {asked.status}
    gc.collect()
    for _ in range(ROUNDS):
        assert await at_once(subject, asked) == {asked.status}
    assert gc.collect() < ROUNDS * AT_ONCE


async def at_once(subject: Service, asked: Asked) -> set[int]:
    return set(await asyncio.gather(*(ask(subject, asked) for _ in range(AT_ONCE))))


async def ask(subject: Service, asked: Asked) -> int:
    """The status. Without a client, which would leave something itself."""
    path, _, query = asked.target.partition("?")
    key = [(b"idempotency-key", asked.key.encode())] if asked.key else []
    scope = {
        "type": "http",
        "http_version": "1.1",
        "scheme": "http",
        "method": asked.method,
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(b"host", b"service"), (b"content-type", asked.kind.encode()), *key],
    }
    messages = iter([{"type": "http.request", "body": asked.body, "more_body": False}])

    async def receive() -> Any:
        message = next(messages, None)
        if message is None:  # the client stays
            await asyncio.Event().wait()
        return message

    statuses: list[int] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await subject.app(scope, receive, send)
    (status,) = statuses
    return status
