"""The same requests to a service on every store give the same answers, whatever their sequence."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.contract.changes_race_test import ready
from tests.contract.stores import place

pytestmark = pytest.mark.mongodb

KINDS = ("memory", "sqlite", "mongodb-motor", "mongodb-pymongo")
SCHEMA = {"required": ["sku"], "properties": {"n": {"type": "integer", "maximum": 3}}}

IDS = st.sampled_from(["a", "0123456789abcdef01234567"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.sampled_from([0, 1, 1.0, 4, 2**53 + 1, "", "x", "é"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("kl"), inner, max_size=2),
    max_leaves=4,
)
SKUS = st.sampled_from([1, 1.0, True, "A", "B", "C", None])
PARTS = st.fixed_dictionaries({}, optional={"sku": SKUS, "n": st.integers(1, 4), "v": VALUES})
FIELDS = st.fixed_dictionaries({"sku": SKUS}, optional={"n": st.integers(1, 4), "v": VALUES}) | PARTS
POINTERS = st.sampled_from(["", "/sku", "/n", "/v", "/v/0", "/v/-", "/v/k", "/w", "/_etag", "v"])
OPERATIONS = st.lists(
    st.fixed_dictionaries(
        {
            "op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test"]),
            "path": POINTERS,
            "from": POINTERS,
            "value": VALUES,
        }
    ),
    max_size=3,
)
DEMANDS = st.sampled_from([None] * 8 + ["*", "current", "first", '"x"', "malformed"])


class Request(msgspec.Struct, frozen=True):
    method: str
    path: str
    content_type: str
    body: Any
    if_match: str | None
    if_none_match: str | None
    minimal: bool


def requests(method: str, media_type: str, body: st.SearchStrategy[Any]) -> st.SearchStrategy[Request]:
    path = st.just("/data") if method == "POST" else IDS.map(lambda each: f"/data/{each}")
    demands = st.just(None) if method == "POST" else DEMANDS
    return st.builds(
        Request, st.just(method), path, st.just(media_type), body, demands, demands, st.booleans()
    )


NEW = st.builds(lambda fields, document_id: {"_id": document_id, **fields}, FIELDS, IDS)
SEQUENCES = st.lists(
    st.one_of(
        requests("POST", "application/json", NEW),
        requests("PUT", "application/json", FIELDS | NEW),
        requests("PATCH", "application/merge-patch+json", PARTS),
        requests("PATCH", "application/json-patch+json", OPERATIONS),
        requests("DELETE", "application/json", st.none()),
    ),
    min_size=3,
    max_size=10,
)


class Peer:
    """A service on one store, and which version it last answered with for each path."""

    def __init__(self, api: httpx.AsyncClient) -> None:
        self._api = api
        self._first: dict[str, str] = {}

    async def send(self, request: Request) -> Any:
        current = (await self._api.get(request.path)).headers.get("etag")
        if current:
            self._first.setdefault(request.path, current)
        versions = {"current": current or '"none"', "first": self._first.get(request.path, '"none"')}
        demanded = {"If-Match": request.if_match, "If-None-Match": request.if_none_match}
        headers = {name: versions.get(value, value) for name, value in demanded.items() if value}
        answer = await self._api.request(
            request.method,
            request.path,
            content=json.dumps(request.body),
            headers={
                **headers,
                "Content-Type": request.content_type,
                **({"Prefer": "return=minimal"} if request.minimal else {}),
            },
        )
        return shown(answer)

    async def documents(self) -> Any:
        return shown(await self._api.get("/data"))

    async def clear(self) -> None:
        for item in (await self._api.get("/data")).json()["items"]:
            await self._api.delete(f"/data/{item['_id']}")
        self._first.clear()


def shown(answer: httpx.Response) -> Any:
    """What has to be the same: all but what is random or of the clock."""
    headers = {"location", "content-type", "preference-applied", "accept-patch"}
    return (
        answer.status_code,
        {name: value for name, value in answer.headers.items() if name in headers},
        "etag" in answer.headers,
        masked(answer.json()) if answer.content else None,
    )


def masked(value: Any) -> Any:
    """Pairs instead of objects, so that the order of fields and the kind of a number count."""
    if isinstance(value, Mapping):
        hidden = ("_etag", "_created_at", "_updated_at", "request_id")
        return [(name, "" if name in hidden else masked(each)) for name, each in value.items()]
    return [masked(each) for each in value] if isinstance(value, list) else repr(value)


@asynccontextmanager
async def peers(path: Path, mongodb_uri: str) -> AsyncIterator[list[Peer]]:
    async with AsyncExitStack() as stack:
        clients = [
            await stack.enter_async_context(
                ready(place(kind, path, lambda: mongodb_uri).repository(), SCHEMA)
            )
            for kind in KINDS
        ]
        yield [Peer(client) for client in clients]


def test_every_store_answers_any_sequence_alike(tmp_path: Path, mongodb_uri: str) -> None:
    outcomes: set[tuple[str, int]] = set()

    with asyncio.Runner() as runner:
        stack = AsyncExitStack()
        opened = runner.run(stack.enter_async_context(peers(tmp_path, mongodb_uri)))

        async def compare(sequence: list[Request]) -> None:
            await asyncio.gather(*(each.clear() for each in opened))
            for request in sequence:
                answers = await asyncio.gather(*(each.send(request) for each in opened))
                assert answers == [answers[0]] * len(KINDS), request
                outcomes.add((request.method, answers[0][0]))
            lists = await asyncio.gather(*(each.documents() for each in opened))
            assert lists == [lists[0]] * len(KINDS)

        # Seeds that do not change: a failure here is one of the code, not of the day.
        @settings(
            max_examples=150,
            deadline=None,
            derandomize=True,
            database=None,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        )
        @given(SEQUENCES)
        def compared(sequence: list[Request]) -> None:
            runner.run(compare(sequence))

        try:
            compared()
        finally:
            runner.run(stack.aclose())

    # The sequences reach what they are meant to compare.
    expected = {
        *(("POST", status) for status in (201, 409, 422)),
        *(("PUT", status) for status in (200, 201, 204, 400, 409, 412, 422)),
        *(("PATCH", status) for status in (200, 204, 400, 404, 409, 412, 422)),
        *(("DELETE", status) for status in (204, 400, 404, 412)),
    }
    assert expected - outcomes == set()
