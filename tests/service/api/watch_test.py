"""`/data:watch`, as a client meets it."""

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Any

import httpx
import pytest
from starlette.requests import ClientDisconnect

from dataservice.api.streams import Stream
from dataservice.app import Service
from dataservice.domain.event import Change, Event, EventPosition
from dataservice.errors import EventsGone, EventsNotSupported, StoreUnavailable
from dataservice.services import watchers
from dataservice.storage.memory import MemoryRepository
from tests.support.api import client, problem, running, service
from tests.support.streaming import Answer, asked


class Telling(MemoryRepository):
    """Tells what it is given, and then raises what it is given."""

    def __init__(self, *events: Event | Exception) -> None:
        super().__init__()
        self._events = events

    async def watch(self, after: EventPosition | None) -> AsyncGenerator[Event]:  # noqa: ARG002 - of the Protocol
        for event in self._events:
            if isinstance(event, Exception):
                raise event
            yield event


@pytest.fixture
def made() -> Service:
    return service()


@pytest.fixture
async def api(made: Service) -> AsyncIterator[httpx.AsyncClient]:
    async with running(made) as opened:
        yield opened


async def event(answer: Answer) -> dict[str, str]:
    """The fields of the next block (https://html.spec.whatwg.org/multipage/server-sent-events.html)."""
    part = await answer.next()
    assert part is not None
    assert part.endswith(b"\n\n")
    assert part.count(b"\n\n") == 1
    fields = (line.split(": ", 1) for line in part.decode().splitlines() if line and not line.startswith(":"))
    return {name: value for name, value in fields}  # noqa: C416 - of lists


async def test_a_change_is_an_event_with_an_id_and_the_document_as_it_is_read(
    made: Service, api: httpx.AsyncClient
) -> None:
    async with asked(made.app, "/data:watch") as answer:
        begin = await event(answer)
        stored = await api.post("/data", json={"text": "zwei\nZeilen\r"})
        told = await event(answer)

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert answer.headers["cache-control"] == "no-store"
    assert begin.keys() == {"retry", "id"}
    assert told.keys() == {"id", "event", "data"}
    assert told["event"] == "created"
    assert told["data"].encode() == stored.content


@pytest.mark.parametrize("way", ["header", "parameter", "both"])
async def test_a_client_goes_on_after_the_last_event_that_it_has_seen(
    made: Service, api: httpx.AsyncClient, way: str
) -> None:
    async with asked(made.app, "/data:watch") as answer:
        begin = await event(answer)
        await api.post("/data", json={"_id": "first"})
        first = await event(answer)
    await api.post("/data", json={"_id": "second"})
    headers = {} if way == "parameter" else {"Last-Event-ID": first["id"]}
    after = {"header": "", "parameter": f"?after={first['id']}", "both": f"?after={begin['id']}"}[way]

    async with asked(made.app, f"/data:watch{after}", headers) as answer:
        again = await event(answer)
        second = await event(answer)

    assert again["id"] == first["id"]
    assert json.loads(second["data"])["_id"] == "second"


async def test_a_deletion_is_told_by_its_id_alone() -> None:
    telling = Telling(Event(0), Event(1, Change("deleted", "gone", None)))
    async with asked(service(telling).app, "/data:watch") as answer:
        await event(answer)
        told = await event(answer)
        end = await answer.next()

    assert (told["event"], json.loads(told["data"])) == ("deleted", {"_id": "gone"})
    assert end is None


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (EventsGone(), 410, "events-gone"),
        (EventsNotSupported(), 501, "not-implemented"),
        (StoreUnavailable("nowhere"), 503, "store-unavailable"),
    ],
)
async def test_what_is_wrong_from_the_start_is_a_problem(error: Exception, status: int, code: str) -> None:
    async with client(service(Telling(error)).app) as api:
        answer, head = await api.get("/data:watch"), await api.head("/data:watch")

    assert (answer.status_code, problem(answer)["code"]) == (status, code)
    assert head.status_code == status


async def test_what_goes_wrong_later_ends_the_stream_so_that_the_client_comes_back() -> None:
    async with asked(service(Telling(Event(0), StoreUnavailable("nowhere"))).app, "/data:watch") as answer:
        await event(answer)
        end = await answer.next()

    assert end is None


@pytest.mark.parametrize("given", ["made-up", "AAAA", "x" * 9000])
async def test_an_id_that_this_service_did_not_give_is_refused(api: httpx.AsyncClient, given: str) -> None:
    answer = await api.get("/data:watch", headers={"Last-Event-ID": given})

    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-cursor")


async def test_a_cursor_of_a_list_is_no_id_of_an_event(api: httpx.AsyncClient) -> None:
    for _ in range(2):
        await api.post("/data", json={})
    cursor = (await api.get("/data?limit=1")).json()["next"]

    answer = await api.get("/data:watch", params={"after": cursor})

    assert problem(answer)["code"] == "invalid-cursor"


async def test_the_head_of_a_watch_can_be_asked_for(api: httpx.AsyncClient) -> None:
    answer = await api.head("/data:watch")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "content-length" not in answer.headers


async def test_no_more_than_so_many_watch_at_once_and_who_leaves_makes_room(
    made: Service, api: httpx.AsyncClient
) -> None:
    opened = [asked(made.app, "/data:watch") for _ in range(watchers.MOST)]
    answers = [await each.__aenter__() for each in opened]
    for answer in answers:
        await event(answer)

    refused = await api.get("/data:watch")
    await opened[0].__aexit__(None, None, None)
    async with asked(made.app, "/data:watch") as answer:
        again = await event(answer)
    for each in opened[1:]:
        await each.__aexit__(None, None, None)

    assert (refused.status_code, problem(refused)["code"]) == (503, "too-many-watchers")
    assert refused.headers["retry-after"] == "5"
    assert again["id"]


async def test_a_drain_ends_every_watch_and_those_that_come_after_it(
    made: Service, api: httpx.AsyncClient
) -> None:
    async with asked(made.app, "/data:watch") as first, asked(made.app, "/data:watch") as second:
        await event(first)
        await event(second)

        made.readiness.drain()

        ends = [await first.next(), await second.next()]
    late = await api.get("/data:watch")

    assert ends == [None, None]
    assert late.status_code == 200
    assert late.content.startswith(b"retry: ")


async def test_who_takes_nothing_is_cut_off_and_what_made_the_parts_is_closed() -> None:
    closed = asyncio.Event()

    async def parts() -> AsyncGenerator[bytes]:
        try:
            while True:
                yield b"x"
        finally:
            closed.set()

    async def stuck(message: Any) -> None:
        if message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def silent() -> Any:
        await asyncio.Event().wait()

    stream = Stream(parts(), {}, "text/plain", patience=0.01)
    with pytest.raises(ClientDisconnect):
        await stream({"type": "http", "asgi": {"spec_version": "2.3"}}, silent, stuck)

    assert closed.is_set()
