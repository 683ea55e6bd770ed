"""An export of a real process: its memory, its readers, and its end in the middle."""

import json
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.service_process import ServiceProcess, Starter

MB = 1024 * 1024


def resident(process: ServiceProcess) -> int:
    metrics = httpx.get(f"{process.admin}/metrics").text
    [line] = [each for each in metrics.splitlines() if each.startswith("process_resident_memory_bytes ")]
    return int(float(line.split()[1]))


def filled(service: Starter, tmp_path: Path, count: int, size: int, **settings: str) -> ServiceProcess:
    """A service whose file has documents that were put there at once: nobody waits for so many POSTs."""
    process = service(**settings)
    process.wait_ready()
    with closing(sqlite3.connect(tmp_path / "dataservice.db", isolation_level=None)) as file:
        file.execute("BEGIN")
        rows = (
            (f"d{n:06}", "0" * 16, json.dumps({"_id": f"d{n:06}", "text": "x" * size})) for n in range(count)
        )
        file.executemany("INSERT INTO documents (id, etag, document) VALUES (?, ?, ?)", rows)
        file.execute("COMMIT")
    return process


def lines(response: httpx.Response, watch: Callable[[int], None]) -> Iterator[bytes]:
    """Whole lines; `watch` is told after each MB how many have come."""
    rest, megabytes, size = b"", 0, 0
    for chunk in response.iter_raw():
        *whole, rest = (rest + chunk).split(b"\n")
        yield from whole
        size += len(chunk)
        if size // MB > megabytes:
            megabytes = size // MB
            watch(megabytes)
    assert rest == b""


def test_an_export_of_a_hundred_megabytes_has_all_and_leaves_the_memory_as_it_is(
    service: Starter, tmp_path: Path
) -> None:
    process = filled(service, tmp_path, count=50_000, size=2_000)
    httpx.get(f"{process.url}/data", params={"limit": "1000"}).raise_for_status()
    before = resident(process)
    highest = before

    def watch(megabytes: int) -> None:
        nonlocal highest
        if megabytes % 10 == 0:
            highest = max(highest, resident(process))

    with httpx.stream("GET", f"{process.url}/data:export", timeout=30) as response:
        ids = [line[9:16] for line in lines(response, watch)]

    assert ids == [b"d%06d" % n for n in range(50_000)]
    assert highest - before < 16 * MB


def test_a_reader_that_pauses_is_waited_for_in_bounded_memory(service: Starter, tmp_path: Path) -> None:
    process = filled(service, tmp_path, count=20_000, size=2_000)
    httpx.get(f"{process.url}/data", params={"limit": "1000"}).raise_for_status()
    before = resident(process)

    with httpx.stream("GET", f"{process.url}/data:export", timeout=30) as response:
        body = response.iter_raw()
        received = len(next(body))
        others = [httpx.get(f"{process.url}/data/d{n:06}").status_code for n in range(200)]
        paused = resident(process)
        received += sum(map(len, body))

    assert others == [200] * 200
    assert paused - before < 16 * MB
    assert received > 20_000 * 2_000


def test_a_store_that_fails_in_the_middle_breaks_the_connection_before_the_end(
    service: Starter, tmp_path: Path
) -> None:
    process = filled(service, tmp_path, count=20_000, size=2_000)

    with httpx.stream("GET", f"{process.url}/data:export", timeout=30) as response:
        body = response.iter_raw()
        next(body)
        with closing(sqlite3.connect(tmp_path / "dataservice.db", isolation_level=None)) as file:
            file.execute("ALTER TABLE documents RENAME TO gone")
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            for _ in body:
                pass

    assert response.status_code == 200
    assert "xxx" not in process.log()


def test_a_drain_lets_an_export_run_for_its_seconds_and_then_breaks_it(
    service: Starter, tmp_path: Path
) -> None:
    process = filled(service, tmp_path, count=20_000, size=2_000, DRAIN_SECONDS="1")

    with httpx.stream("GET", f"{process.url}/data:export", timeout=30) as response:
        body = response.iter_raw()
        next(body)
        process.signal(signal.SIGTERM)
        process.ended()
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete"):
            for _ in body:
                pass


def test_an_export_whose_reader_goes_away_ends(service: Starter, tmp_path: Path) -> None:
    process = filled(service, tmp_path, count=20_000, size=2_000)

    with httpx.stream("GET", f"{process.url}/data:export", timeout=30) as response:
        next(response.iter_raw())

    eventually(lambda: "GET /data:export" in process.log())
