"""Authentication of a real process: keys that change under it, and an issuer of tokens that comes and goes."""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from tests.cluster.ports import free_port
from tests.support.api_keys import MountedSecret, line, new_key
from tests.support.eventually import eventually
from tests.support.issuer import AUDIENCE, ISSUER, key_set, token
from tests.support.service_process import ServiceProcess, Starter


@pytest.fixture
def service(service: Starter) -> Starter:
    """Its documents are in memory."""
    return partial(service, DATABASE__KIND="memory")


def status(service: ServiceProcess, credential: str | None) -> int:
    headers = {"Authorization": f"Bearer {credential}"} if credential else {}
    return httpx.post(f"{service.url}/data", json={}, headers=headers).status_code


def test_keys_are_added_and_taken_away_without_a_restart(service: Starter, tmp_path: Path) -> None:
    old, new = new_key(), new_key()
    secret = MountedSecret(tmp_path / "keys", till=line(old))
    process = service(API__AUTH__MODE="APIKey", API__AUTH__KEYS_FOLDER=str(secret.folder))
    process.wait_ready()
    assert [status(process, key) for key in (None, old, new)] == [401, 201, 401]
    secret.swap(till=line(old), web=line(new))
    eventually(lambda: status(process, new) == 201)
    secret.swap(web=line(new))
    eventually(lambda: status(process, old) == 401)
    assert status(process, new) == 201
    assert old not in process.log()
    assert new not in process.log()


def test_without_a_usable_key_it_refuses_all_says_why_and_heals(service: Starter, tmp_path: Path) -> None:
    key = new_key()
    secret = MountedSecret(tmp_path / "keys", till=key)
    process = service(API__AUTH__MODE="APIKey", API__AUTH__KEYS_FOLDER=str(secret.folder))
    eventually(lambda: process.readiness()["reason"] == "NoApiKeys")
    assert status(process, key) == 401
    assert httpx.get(f"{process.admin}/livez").is_success
    assert "line 1 of the API keys of 'till'" in process.log()
    assert key not in process.log()
    secret.swap(till=line(key))
    process.wait_ready()
    assert status(process, key) == 201


class Publisher(ThreadingHTTPServer):
    """An issuer's web server: what it answers can be changed."""

    def __init__(self, port: int) -> None:
        self.answer = key_set("rsa")
        self.status = 200
        self.paths: list[str] = []
        super().__init__(("127.0.0.1", port), _Handler)


class _Handler(BaseHTTPRequestHandler):
    server: Publisher

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(self.server.status)
        self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        """Not to the test's output."""


@pytest.fixture
def publish() -> Iterator[Callable[[int], Publisher]]:
    started: list[Publisher] = []

    def start(port: int) -> Publisher:
        publisher = Publisher(port)
        started.append(publisher)
        threading.Thread(target=publisher.serve_forever, args=(0.05,)).start()
        return publisher

    yield start
    for publisher in started:
        publisher.shutdown()
        publisher.server_close()


def by_token(port: int) -> dict[str, str]:
    return {
        "API__AUTH__MODE": "JWT",
        "API__AUTH__JWT__ISSUER": ISSUER,
        "API__AUTH__JWT__AUDIENCE": AUDIENCE,
        "API__AUTH__JWT__JWKS_URL": f"http://127.0.0.1:{port}/keys",
    }


def test_tokens_are_taken_once_their_issuer_can_be_asked_and_while_it_is_away(
    service: Starter, publish: Callable[[int], Publisher]
) -> None:
    port = free_port()
    process = service(**by_token(port))
    eventually(lambda: "cannot be fetched" in str(process.readiness().get("message")))
    assert process.readiness()["reason"] == "KeySetUnavailable"
    answer = httpx.get(f"{process.url}/data", headers={"Authorization": f"Bearer {token()}"})
    assert (answer.status_code, answer.json()["code"]) == (503, "key-set-unavailable")
    assert answer.headers["retry-after"] == "5"
    assert status(process, None) == 401

    publisher = publish(port)
    process.wait_ready()
    tokens = (token(), token(scope="data:read"), token(aud="invoices"), token("ec"), "nonsense")
    assert [status(process, each) for each in tokens] == [201, 403, 401, 401, 401]

    publisher.shutdown()
    assert status(process, token()) == 201
    assert process.readiness()["ready"]


def test_keys_come_from_where_the_settings_say_and_from_nowhere_else(
    service: Starter, publish: Callable[[int], Publisher]
) -> None:
    port = free_port()
    publisher = publish(port)
    publisher.status = 302
    process = service(**by_token(port))
    eventually(lambda: "HTTP 302" in str(process.readiness().get("message")))
    assert set(publisher.paths) == {"/keys"}
