"""Who may call: what a request must bring, and what it is answered without."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from tests.support.api import problem, running, service
from tests.support.api_keys import line, new_key

KEYS = {"till": new_key(), "viewer": new_key(), "feeder": new_key()}


def bearer(client: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[client]}"}


@pytest.fixture
async def api(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    for client, scopes in {"till": "", "viewer": "read", "feeder": "write"}.items():
        (tmp_path / client).write_text(line(KEYS[client], scopes) + "\n")
    async with running(service(api={"auth": {"mode": "APIKey", "keys_folder": tmp_path}})) as client_:
        yield client_


async def test_with_its_key_a_client_reads_and_writes(api: httpx.AsyncClient) -> None:
    stored = await api.post("/data", json={"sku": "A"}, headers=bearer("till"))
    assert stored.status_code == 201
    assert (await api.get("/data", headers=bearer("till"))).json()["items"] == [stored.json()]


@pytest.mark.parametrize("path", ["/data", "/data/x", "/schema", "/openapi.json", "/nowhere"])
async def test_without_a_credential_nothing_is_told_of_any_path(api: httpx.AsyncClient, path: str) -> None:
    answer = await api.get(path)
    assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "given",
    ["Bearer", "Bearer ", f"Basic {KEYS['till']}", KEYS["till"], "bearer", ""],
    ids=["no key", "a blank", "Basic", "no scheme", "lower", "nothing"],
)
async def test_what_is_no_bearer_credential_is_none(api: httpx.AsyncClient, given: str) -> None:
    answer = await api.get("/data", headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_two_credentials_are_none(api: httpx.AsyncClient) -> None:
    answer = await api.get("/data", headers=[*bearer("till").items(), *bearer("till").items()])
    assert answer.status_code == 401


async def test_the_scheme_may_be_written_in_any_case(api: httpx.AsyncClient) -> None:
    answer = await api.get("/data", headers={"Authorization": f"bEARER  {KEYS['till']}"})
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "key",
    ["x", new_key(), KEYS["till"] + "x", KEYS["till"][:-1], "\xe9"],
    ids=["short", "new", "longer", "cut", "no ASCII"],
)
async def test_another_key_is_refused_and_nothing_is_stored(api: httpx.AsyncClient, key: str) -> None:
    answer = await api.post("/data", json={}, headers=[(b"Authorization", f"Bearer {key}".encode("latin-1"))])
    assert (answer.status_code, problem(answer)["code"]) == (401, "unauthenticated")
    assert answer.headers["www-authenticate"] == 'Bearer error="invalid_token"'
    assert (await api.get("/data", headers=bearer("till"))).json()["items"] == []


async def test_the_digest_in_the_secret_is_not_the_key(api: httpx.AsyncClient) -> None:
    for credential in (line(KEYS["till"]), line(KEYS["till"]).removeprefix("sha256:")):
        answer = await api.get("/data", headers={"Authorization": f"Bearer {credential}"})
        assert answer.status_code == 401


async def test_a_key_in_the_url_is_not_taken(api: httpx.AsyncClient) -> None:
    assert (await api.get(f"/data?access_token={KEYS['till']}")).status_code == 401


@pytest.mark.parametrize(
    ("client", "method", "status"),
    [
        ("viewer", "GET", 200),
        ("viewer", "HEAD", 200),
        ("viewer", "POST", 403),
        ("feeder", "GET", 403),
        ("feeder", "HEAD", 403),
        ("feeder", "POST", 201),
    ],
)
async def test_a_key_does_what_its_scopes_say(
    api: httpx.AsyncClient, client: str, method: str, status: int
) -> None:
    content = b"{}" if method == "POST" else None
    headers = {**bearer(client), "Content-Type": "application/json"}
    answer = await api.request(method, "/data", content=content, headers=headers)
    assert answer.status_code == status
    if status == 403:
        assert answer.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_a_key_to_read_changes_nothing(api: httpx.AsyncClient, method: str) -> None:
    stored = await api.put("/data/one", json={}, headers=bearer("feeder"))
    headers = {**bearer("viewer"), "Content-Type": "application/merge-patch+json"}

    answer = await api.request(method, "/data/one", content=b'{"n": 1}', headers=headers)

    assert (answer.status_code, problem(answer)["code"]) == (403, "forbidden")
    assert (await api.get("/data/one", headers=bearer("viewer"))).content == stored.content


async def test_the_log_names_the_client_and_no_key(
    api: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await api.get("/data", headers=bearer("viewer"))
    await api.get("/data", headers={"Authorization": "Bearer hunter2"})
    lines = [record for record in caplog.records if record.name == "dataservice.access"]
    assert [vars(record)["fields"].get("principal") for record in lines] == ["viewer", None]
    told = " ".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert KEYS["viewer"] not in told.replace(str(bearer("viewer")), "")
    assert "hunter2" not in told


async def test_the_description_says_how_to_call(api: httpx.AsyncClient) -> None:
    described = (await api.get("/openapi.json", headers=bearer("till"))).json()
    assert described["security"] == [{"bearer": []}]
    assert described["components"]["securitySchemes"]["bearer"] == {"type": "http", "scheme": "bearer"}
    assert {"401", "403"} <= described["paths"]["/data"]["post"]["responses"].keys()
    assert "429" not in described["paths"]["/data"]["post"]["responses"]


async def test_without_authentication_a_credential_is_not_looked_at() -> None:
    async with running(service()) as api:
        answer = await api.get("/data", headers={"Authorization": "Bearer nonsense"})
        described = (await api.get("/openapi.json")).json()
    assert answer.status_code == 200
    assert "security" not in described
