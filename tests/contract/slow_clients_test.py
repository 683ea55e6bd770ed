"""Clients that take their time, or send what is no HTTP: on real sockets, since the bounds are the server's."""

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event
from typing import Any

import httpx
import pytest

from tests.support.eventually import eventually
from tests.support.service_process import ServiceProcess, Starter

SECONDS = "API__LIMITS__SECONDS__"
POST = b"POST /data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
MEGABYTES = 24
GET = b"GET /data HTTP/1.1\r\nHost: x\r\n\r\n"


@contextmanager
def connected(process: ServiceProcess) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as client:
        yield client


def rest(client: socket.socket) -> bytes:
    """All that comes until the service ends the connection."""
    received = b""
    try:
        while part := client.recv(65536):
            received += part
    except ConnectionResetError:
        pass
    return received


def refused(answer: bytes) -> tuple[int, Any]:
    """Status and code of the one answer, which is a problem that ends its connection."""
    head, _, body = answer.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"connection: close" in head
    problem = json.loads(body)
    assert b"x-request-id: %b" % problem["request_id"].encode() in head
    return problem["status"], problem["code"]


def cuts(process: ServiceProcess, cause: str) -> float:
    metric = f'dataservice_http_connections_cut_total{{cause="{cause}"}} '
    lines = httpx.get(f"{process.admin}/metrics").text.splitlines()
    return sum(float(line.removeprefix(metric)) for line in lines if line.startswith(metric))


class Trickle:
    """Sends a byte now and then until the service has had enough of it."""

    def __init__(self, client: socket.socket, byte: bytes) -> None:
        client.settimeout(0.05)
        self._client = client
        self._byte = byte
        self.answer = b""

    def ended(self) -> bool:
        try:
            self._client.sendall(self._byte)
            part = self._client.recv(65536)
        except TimeoutError:
            return False
        except (ConnectionResetError, BrokenPipeError):
            return True
        self.answer += part
        return not part


@pytest.fixture(scope="module")
def impatient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    settings = {"HEAD": "0.4", "BODY": "0.4", "ANSWER": "0.4", "IDLE": "1"}
    process = ServiceProcess(
        tmp_path_factory.mktemp("impatient"),
        {SECONDS + name: value for name, value in settings.items()} | {"DATABASE__KIND": "memory"},
    )
    process.start()
    for _ in range(MEGABYTES):  # more than what the kernel takes on its way
        httpx.post(f"{process.url}/data", json={"text": "x" * 1_000_000}).raise_for_status()
    yield process
    process.close()


def test_a_head_that_trickles_in_is_refused(impatient: ServiceProcess) -> None:
    with connected(impatient) as client:
        client.sendall(GET[:-2] + b"X-Slow: ")
        trickle = Trickle(client, b"x")
        eventually(trickle.ended, every=0.01)
    assert refused(trickle.answer) == (408, "request-timeout")


@pytest.mark.parametrize("byte", [b"", b"\r\n"], ids=["nothing", "blank lines"])
@pytest.mark.parametrize(
    "before", [b"", GET.replace(b"/data", b"/schema")], ids=["at first", "after an answer"]
)
def test_a_connection_that_asks_nothing_is_closed(
    impatient: ServiceProcess, before: bytes, byte: bytes
) -> None:
    with connected(impatient) as client:
        client.sendall(before)
        trickle = Trickle(client, byte)
        eventually(trickle.ended, every=0.01)
    assert trickle.answer.startswith(b"HTTP/1.1 200 OK" if before else b"")
    assert trickle.answer.count(b"HTTP/1.1") == bool(before)


@pytest.mark.parametrize(
    ("begun", "byte"),
    [(POST + b"Content-Length: 100000\r\n\r\n", b" "), (CHUNKED, b"1\r\n \r\n"), (CHUNKED + b"1;", b"x")],
    ids=["of a length", "chunked", "chunk extension"],
)
def test_a_body_that_trickles_in_is_refused(impatient: ServiceProcess, begun: bytes, byte: bytes) -> None:
    with connected(impatient) as client:
        client.sendall(begun)
        trickle = Trickle(client, byte)
        eventually(trickle.ended, every=0.01)
    assert refused(trickle.answer) == (408, "request-timeout")


def test_the_rest_of_a_body_that_was_refused_unread_is_not_waited_for(impatient: ServiceProcess) -> None:
    with connected(impatient) as client:
        client.sendall(b"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n")
        trickle = Trickle(client, b" ")
        eventually(trickle.ended, every=0.01)
    assert trickle.answer.startswith(b"HTTP/1.1 404 ")


def test_a_client_that_does_not_read_its_answer_is_cut_off(impatient: ServiceProcess) -> None:
    before = cuts(impatient, "answer-not-taken")
    with connected(impatient) as client:
        client.sendall(GET)
        eventually(lambda: cuts(impatient, "answer-not-taken") > before, every=0.05)
        assert len(rest(client)) < MEGABYTES * 1_000_000


def test_a_client_that_reads_slowly_and_steadily_gets_all_of_its_answer(impatient: ServiceProcess) -> None:
    """In three times the bound, more or less; the pause is what makes the client slow."""
    received = 0
    with connected(impatient) as client:
        client.sendall(GET.replace(b"Host", b"Connection: close\r\nHost"))
        while part := client.recv(256 * 1024):
            received += len(part)
            Event().wait(0.012)
    assert received > MEGABYTES * 1_000_000


@pytest.fixture(scope="module")
def process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServiceProcess]:
    process = ServiceProcess(tmp_path_factory.mktemp("patient"), {"DATABASE__KIND": "memory"})
    process.start()
    yield process
    process.close()


BODY = b"\r\n2\r\n{}\r\n0\r\n\r\n"


@pytest.mark.parametrize(
    "sent",
    [
        POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n" + BODY,
        POST + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        POST + b"Content-Length: +2\r\n\r\n{}",
        POST + b"Transfer-Encoding: chunked, identity\r\n" + BODY,
        CHUNKED + b"xyz\r\n{}\r\n0\r\n\r\n",
        CHUNKED + b"2\r\n{}}\r\n0\r\n\r\n",
        CHUNKED + b"ffffffffffffffffff\r\n",
        GET[:-2] + b"X: a\r\n b\r\n\r\n",
        GET[:-2] + b"X: a\0b\r\n\r\n",
        GET[:-2] + b"X : a\r\n\r\n",
        GET[:-2] + b"X: a\nY: b\r\n\r\n",
        GET[:-2] + b"Host: y\r\n\r\n",
        b"GET /data HTTP/1.1\r\n\r\n",
        b"GET /data HTTP/9.9\r\nHost: x\r\n\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ],
    ids=[
        "length and chunked",
        "two lengths",
        "signed length",
        "chunked not last",
        "chunk size",
        "chunk end",
        "chunk size beyond 64 bits",
        "obs-fold",
        "NUL",
        "blank before the colon",
        "line feed alone",
        "two hosts",
        "no host",
        "version",
        "CONNECT",
        "TLS",
    ],
)
def test_what_is_no_http_is_refused_by_a_problem(process: ServiceProcess, sent: bytes) -> None:
    with connected(process) as client:
        client.sendall(sent)
        assert refused(rest(client)) == (400, "malformed-request")


@pytest.mark.parametrize("framing", [b"2;", b"2\r\n{}\r\n0\r\nX: "], ids=["chunk extension", "trailer"])
def test_chunks_carry_no_flood_of_what_is_not_the_body(process: ServiceProcess, framing: bytes) -> None:
    with connected(process) as client:
        client.sendall(CHUNKED.replace(b"Host", b"Expect: 100-continue\r\nHost") + framing)
        assert client.recv(65536).startswith(b"HTTP/1.1 100 ")
        client.sendall(b"x" * 16_385)
        assert refused(rest(client)) == (400, "malformed-request")


def test_a_head_without_an_end_is_refused_by_a_problem(process: ServiceProcess) -> None:
    with connected(process) as client:
        client.sendall(GET[:-2] + b"X: " + b"x" * 65_536)
        assert refused(rest(client)) == (431, "headers-too-large")


def test_a_trailer_is_no_header(process: ServiceProcess) -> None:
    with connected(process) as client:
        client.sendall(
            CHUNKED.replace(b"Host", b"Connection: close\r\nHost")
            + b"2\r\n{}\r\n0\r\nPrefer: return=minimal\r\n\r\n"
        )
        answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 201 ")
    assert b"preference-applied" not in answer


def test_the_whole_url_as_target_is_its_path(process: ServiceProcess) -> None:
    """RFC 9112, section 3.2.2: a server takes it."""
    with connected(process) as client:
        client.sendall(
            GET.replace(b"/data", b"http://elsewhere/schema").replace(b"Host", b"Connection: close\r\nHost")
        )
        assert rest(client).startswith(b"HTTP/1.1 200 ")


def test_requests_before_one_that_is_no_http_are_answered(process: ServiceProcess) -> None:
    with connected(process) as client:
        client.sendall(GET + b"nonsense\r\n\r\n")
        answer = rest(client)
    assert answer.startswith(b"HTTP/1.1 200 ")
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"connection: close" in answer


def test_requests_may_not_be_sent_ahead_without_end(process: ServiceProcess) -> None:
    with connected(process) as client:
        client.sendall(GET * 1000)
        assert rest(client).count(b"HTTP/1.1 200 ") == 17


def test_more_requests_at_once_than_the_bound_are_told_to_come_again(service: Starter) -> None:
    process = service(API__LIMITS__MAX_IN_FLIGHT="1")
    with connected(process) as client:
        client.sendall(POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{")
        eventually(lambda: httpx.get(f"{process.url}/data").status_code == 503, every=0.02)
        answer = httpx.post(f"{process.url}/data", content=b"x" * 100_000)
        assert (answer.json()["code"], answer.headers["retry-after"]) == ("overloaded", "1")
        assert httpx.get(f"{process.admin}/readyz").is_success

        client.sendall(b"}")

        assert rest(client).startswith(b"HTTP/1.1 201 ")
    assert httpx.get(f"{process.url}/data").is_success


def test_more_connections_than_the_bound_are_told_to_come_again(service: Starter) -> None:
    process = service(API__LIMITS__MAX_CONNECTIONS="2")
    with connected(process) as one, connected(process) as other:
        eventually(lambda: refused_unasked(process), every=0.02)
        assert cuts(process, "overloaded") >= 1
        for client in (one, other):
            client.sendall(POST + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}")
            assert rest(client).startswith(b"HTTP/1.1 201 ")
    eventually(lambda: httpx.get(f"{process.url}/data").is_success)


def refused_unasked(process: ServiceProcess) -> bool:
    with connected(process) as client:
        client.settimeout(0.5)
        try:
            return refused(client.recv(65536)) == (503, "overloaded")
        except TimeoutError:
            return False
