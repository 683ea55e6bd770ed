"""POST /data:import to the service as a real process."""

import socket
from collections.abc import Iterator

import httpx

from tests.contract.service_process_test import all_ids
from tests.support.eventually import eventually
from tests.support.service_process import ServiceProcess, Starter

LINES = {"Content-Type": "application/x-ndjson"}
HEAD = (
    b"POST /data:import HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-ndjson\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n"
)
MEGABYTE = 1 << 20


def sent(process: ServiceProcess, line: bytes, megabytes: int, query: str = "") -> dict[str, int]:
    def chunks() -> Iterator[bytes]:
        chunk = line * (MEGABYTE // len(line))
        for _ in range(megabytes):
            yield chunk

    answer = httpx.post(f"{process.url}/data:import{query}", content=chunks(), headers=LINES, timeout=120)
    report: dict[str, int] = answer.raise_for_status().json()
    return report


def resident_bytes(process: ServiceProcess) -> float:
    lines = httpx.get(f"{process.admin}/metrics").text.splitlines()
    return next(float(line.split()[1]) for line in lines if line.startswith("process_resident_memory_bytes "))


def test_however_much_is_imported_the_memory_stays(service: Starter) -> None:
    process = service()
    stored, bad = b'{"text": "%b"}\n' % (b"x" * 2000), b'{"text": "%b", "b": }\n' % (b"x" * 2000)
    sent(process, stored, 2)  # what is allocated once
    sent(process, bad, 2)
    before = resident_bytes(process)

    reports = [
        sent(process, stored, 24),
        sent(process, bad, 24),
        sent(process, stored, 24, "?validate_only=true"),
    ]

    assert [report["stored"] > 10_000 for report in reports] == [True, False, True]
    assert reports[1]["failed"] > 10_000
    assert resident_bytes(process) - before < 12 * MEGABYTE


def test_a_line_without_an_end_is_not_kept(service: Starter) -> None:
    process = service()
    sent(process, b'{"text": "%b"}\n' % (b"x" * 2000), 2)  # what is allocated once
    before = resident_bytes(process)

    report = sent(process, b"x" * MEGABYTE, 48)

    assert (report["read"], report["failed"]) == (1, 1)
    assert resident_bytes(process) - before < 12 * MEGABYTE


def chunk(lines: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(lines), lines)


def test_when_the_client_goes_away_whole_batches_are_stored(service: Starter) -> None:
    process = service()
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as client:
        client.sendall(HEAD + chunk(b"{}\n" * 1200))
        eventually(lambda: len(all_ids(process)) == 1000, every=0.02)

    assert eventually(lambda: "status=499" in process.log(), every=0.02)
    assert len(all_ids(process)) == 1000
    assert "Traceback" not in process.log()


def test_what_an_import_had_stored_survives_kill_9_and_it_can_be_sent_again(service: Starter) -> None:
    first = service()
    lines = b"".join(b'{"_id": "order-%d"}\n' % number for number in range(1200))
    with socket.create_connection(("127.0.0.1", first.port), timeout=20) as client:
        client.sendall(HEAD + chunk(lines))
        eventually(lambda: len(all_ids(first)) == 1000, every=0.02)
        first.kill()
    second = service()

    report = httpx.post(f"{second.url}/data:import", content=lines, headers=LINES, timeout=60).json()

    assert (report["duplicates"], report["stored"], report["failed"]) == (1000, 200, 0)
    assert len(all_ids(second)) == 1200
