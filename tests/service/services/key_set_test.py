"""The issuer's keys: when they are fetched, and what is taken of them."""

import asyncio
import json
from typing import Any

import pytest

from dataservice.errors import InvalidCredentials, KeySetUnavailable
from dataservice.services.key_set import UNKNOWN_KEY_SECONDS, KeySet
from tests.support.issuer import key_set, public


class Issuer:
    """What it publishes, how often it was asked, and a clock."""

    def __init__(self, *names: str) -> None:
        self.answer: bytes | Exception = key_set(*names)
        self.asked = 0
        self.now = 0.0
        self.keys = KeySet("https://login.example.com/keys", self._download, lambda: self.now)

    def _download(self, _url: str) -> bytes:
        self.asked += 1
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def test_until_keys_were_fetched_no_token_can_be_checked_and_the_reason_is_told() -> None:
    issuer = Issuer("rsa")
    with pytest.raises(KeySetUnavailable):
        await issuer.keys.key("rsa")
    issuer.answer = OSError("connection refused")
    assert not await issuer.keys.refresh()
    status = issuer.keys.ailment()
    assert status is not None
    assert (status.reason, status.ready) == ("KeySetUnavailable", False)
    assert "https://login.example.com/keys: connection refused" in str(status.message)


async def test_known_keys_cost_no_question() -> None:
    issuer = Issuer("rsa", "ec")
    await issuer.keys.refresh()
    for name in ("rsa", "ec"):
        assert (await issuer.keys.key(name)).key_id == name
    assert issuer.asked == 1
    assert issuer.keys.ailment() is None


async def test_an_unknown_key_makes_them_be_fetched_at_most_now_and_then() -> None:
    issuer = Issuer("rsa")
    await issuer.keys.refresh()
    issuer.answer = key_set("rotated")
    with pytest.raises(InvalidCredentials):
        await issuer.keys.key("rotated")
    assert issuer.asked == 1, "they were fetched a moment ago"
    issuer.now += UNKNOWN_KEY_SECONDS
    found = await asyncio.gather(*(issuer.keys.key("rotated") for _ in range(20)))
    assert {key.key_id for key in found} == {"rotated"}
    assert issuer.asked == 2, "one question serves all"
    with pytest.raises(InvalidCredentials):
        await issuer.keys.key("rsa")


async def test_while_the_issuer_is_away_the_keys_serve_on() -> None:
    issuer = Issuer("rsa")
    await issuer.keys.refresh()
    issuer.answer = TimeoutError()
    issuer.now += UNKNOWN_KEY_SECONDS
    assert not await issuer.keys.refresh()
    assert (await issuer.keys.key("rsa")).key_id == "rsa"
    assert issuer.keys.ailment() is None


@pytest.mark.parametrize(
    ("published", "says"),
    [
        (b"<html>", "is not a JSON Web Key Set"),
        (b"\xff", "is not a JSON Web Key Set"),
        (b"[]", "is not a JSON Web Key Set"),
        (b"[" * 100_000, "is not a JSON Web Key Set"),
        (b"{}", "no key for ES256, EdDSA, RS256"),
        (b'{"keys": ["a", {"kty": "RSA"}, {"kty": "RSA", "n": "AQ", "e": "AA"}]}', "no key for"),
        (json.dumps({"keys": [{**public("rsa"), "use": "enc"}]}).encode(), "no key for"),
        (json.dumps({"keys": [{**public("rsa"), "alg": "RS512"}]}).encode(), "no key for"),
    ],
    ids=lambda value: str(value)[:30],
)
async def test_what_holds_no_usable_key_is_told(published: bytes, says: str) -> None:
    issuer = Issuer()
    issuer.answer = published
    assert not await issuer.keys.refresh()
    status: Any = issuer.keys.ailment()
    assert says in status.message


async def test_a_failure_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    issuer = Issuer()
    issuer.answer = OSError("no route")
    for _ in range(3):
        await issuer.keys.refresh()
    assert caplog.text.count("no route") == 1
