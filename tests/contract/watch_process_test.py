"""A watch of a real process: its end, and how it goes on with another."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx

from tests.support.service_process import Starter


def events(response: httpx.Response) -> Iterator[dict[str, str]]:
    block: dict[str, str] = {}
    for line in response.iter_lines():
        if not line:
            yield block
            block = {}
        elif not line.startswith(":"):
            name, _, value = line.partition(": ")
            block[name] = value


def test_a_drain_ends_a_watch_at_once_and_another_process_goes_on_where_it_ended(
    service: Starter, tmp_path: Path
) -> None:
    key = tmp_path / "key"
    key.write_bytes(b"k" * 32)
    first = service(API__CURSOR_KEY_FILE=str(key), DRAIN_SECONDS="60")
    second = service(API__CURSOR_KEY_FILE=str(key))
    first.wait_ready()
    second.wait_ready()

    with httpx.stream("GET", f"{first.url}/data:watch", timeout=30) as response:
        told = events(response)
        next(told)
        httpx.post(f"{first.url}/data", json={"_id": "one"})
        one = next(told)
        httpx.post(f"{second.url}/data", json={"_id": "two"})
        two = next(told)
        first.signal(signal.SIGTERM)
        rest = list(told)
    first.ended(seconds=30)  # and not after the 60 that other requests would have
    httpx.post(f"{second.url}/data", json={"_id": "three"})
    with httpx.stream(
        "GET", f"{second.url}/data:watch", headers={"Last-Event-ID": two["id"]}, timeout=30
    ) as response:
        told = events(response)
        next(told)
        three = next(told)

    assert [json.loads(each["data"])["_id"] for each in (one, two, three)] == ["one", "two", "three"]
    assert rest == []


def test_a_watcher_who_goes_away_makes_room(service: Starter) -> None:
    process = service(DATABASE__KIND="memory")

    for _ in range(120):
        with httpx.stream("GET", f"{process.url}/data:watch", timeout=30) as response:
            assert response.status_code == 200
            assert next(events(response))["id"]
