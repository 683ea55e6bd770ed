"""The bound on requests, as callers see it."""

from pathlib import Path

import httpx
import pytest

from tests.support.api import problem, running, service
from tests.support.api_keys import line, new_key

LIMITS = {"requests_per_second": 1, "burst": 3}


async def test_who_asks_too_often_is_told_when_to_ask_again() -> None:
    async with running(service(api={"limits": LIMITS})) as api:
        granted = [await api.get("/data") for _ in range(3)]
        refused = await api.post("/data", json={})

    assert [answer.status_code for answer in granted] == [200] * 3
    assert [answer.headers["ratelimit-policy"] for answer in granted] == ['"caller";q=3;w=3'] * 3
    assert granted[0].headers["ratelimit"] == '"caller";r=2;t=1'
    assert (refused.status_code, problem(refused)["code"]) == (429, "rate-exceeded")
    assert refused.headers["retry-after"] == "1"
    assert refused.headers["ratelimit"] == '"caller";r=0;t=3'


async def test_one_caller_does_not_use_up_what_is_anothers(tmp_path: Path) -> None:
    keys = {client: new_key() for client in ("till", "web")}
    for client, key in keys.items():
        (tmp_path / client).write_text(line(key))
    auth = {"mode": "APIKey", "keys_folder": tmp_path}

    async def ask(api: httpx.AsyncClient, client: str) -> int:
        return (await api.get("/data", headers={"Authorization": f"Bearer {keys[client]}"})).status_code

    async with running(service(api={"auth": auth, "limits": LIMITS})) as api:
        strangers = [(await api.get("/data")).status_code for _ in range(5)]
        statuses = [await ask(api, "till") for _ in range(4)] + [await ask(api, "web")]

    assert strangers == [401] * 5, "who is not known has no part in it"
    assert statuses == [200, 200, 200, 429, 200]


@pytest.mark.parametrize("limits", [{}, {"burst": 3}], ids=["nothing", "a burst without a rate"])
async def test_without_a_rate_there_is_no_bound_and_no_field(limits: dict[str, int]) -> None:
    async with running(service(api={"limits": limits})) as api:
        answers = [await api.get("/data") for _ in range(10)]
        described = (await api.get("/openapi.json")).json()
    assert {answer.status_code for answer in answers} == {200}
    assert "ratelimit" not in answers[0].headers
    assert "429" not in described["paths"]["/data"]["get"]["responses"]


async def test_the_description_tells_of_the_bound() -> None:
    async with running(service(api={"limits": LIMITS})) as api:
        described = (await api.get("/openapi.json")).json()
    assert "429" in described["paths"]["/data"]["get"]["responses"]
