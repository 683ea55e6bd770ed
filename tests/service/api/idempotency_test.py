"""The header Idempotency-Key, as a client meets it."""

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from dataservice.storage.memory import MemoryRepository
from tests.support.api import problem, running, service
from tests.support.api_keys import line, new_key

KEY = {"Idempotency-Key": '"8e03978e-40d5-43e8-bc93-6894a57f9324"'}
JSON = {"Content-Type": "application/json"}


async def stored(api: httpx.AsyncClient) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await api.get("/data")).json()["items"]
    return items


async def test_a_request_that_is_sent_again_is_answered_alike_and_stores_nothing(
    api: httpx.AsyncClient,
) -> None:
    first, second = [await api.post("/data", json={"n": 1}, headers=KEY) for _ in range(2)]

    assert (second.status_code, second.content) == (first.status_code, first.content) == (201, first.content)
    assert [each.headers.get("idempotency-replayed") for each in (first, second)] == [None, "true"]
    assert [second.headers[name] for name in ("etag", "location")] == [
        first.headers[name] for name in ("etag", "location")
    ]
    assert await stored(api) == [first.json()]
    assert re.fullmatch(
        "[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", first.json()["_id"]
    )


async def test_a_key_that_comes_with_another_body_is_refused(api: httpx.AsyncClient) -> None:
    await api.post("/data", json={"n": 1}, headers=KEY)

    answer = await api.post("/data", json={"n": 2}, headers=KEY)

    assert (answer.status_code, problem(answer)["code"]) == (422, "idempotency-key-reused")
    assert [each["n"] for each in await stored(api)] == [1]


async def test_another_key_is_another_request(api: httpx.AsyncClient) -> None:
    keys = ["one", "two", "One", "one|two"]

    ids = {(await api.post("/data", json={}, headers={"Idempotency-Key": key})).json()["_id"] for key in keys}

    assert len(ids) == 4


async def test_a_key_is_the_same_with_and_without_quotes(api: httpx.AsyncClient) -> None:
    given = ['"a-key/1"', "a-key/1", '  "a-key/1" ']

    ids = {
        (await api.post("/data", json={}, headers={"Idempotency-Key": key})).json()["_id"] for key in given
    }

    assert len(ids) == 1


@pytest.mark.parametrize(
    "keys",
    [
        [""],
        ['""'],
        ['"'],
        ['"open'],
        ['"a"b"'],
        ['"a\\b"'],
        ["a b"],
        ['"a b"'],
        ["a,b"],
        ['"a";p=1'],
        ["tab\tbed"],
        ["é".encode()],
        ["x" * 256],
        ['"%s"' % ("x" * 256)],
        ["one", "one"],
    ],
    ids=lambda keys: repr(keys)[:30],
)
async def test_a_key_that_is_none_is_refused(api: httpx.AsyncClient, keys: list[str | bytes]) -> None:
    headers = [(b"Idempotency-Key", key if isinstance(key, bytes) else key.encode()) for key in keys]

    answer = await api.post(
        "/data", content=b"{}", headers=[*headers, (b"Content-Type", b"application/json")]
    )

    assert (answer.status_code, problem(answer)["code"]) == (400, "invalid-idempotency-key")
    assert await stored(api) == []


@pytest.mark.parametrize(
    "key", ["x" * 255, '"%s"' % ("x" * 255), '"\\"\\\\"', "!#$%&'()*+-./:<=>?@[]^_`{|}~"]
)
async def test_any_visible_characters_make_a_key(api: httpx.AsyncClient, key: str) -> None:
    answers = [await api.post("/data", json={}, headers={"Idempotency-Key": key}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert len(await stored(api)) == 1


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/data"), ("GET", "/data/x"), ("GET", "/schema"), ("HEAD", "/data")]
)
async def test_a_key_is_refused_where_it_would_be_ignored(
    api: httpx.AsyncClient, method: str, path: str
) -> None:
    answer = await api.request(method, path, headers=KEY)

    assert answer.status_code == 400
    assert method == "HEAD" or problem(answer)["code"] == "invalid-idempotency-key"


@pytest.mark.parametrize("body", [{"_id": "mine"}, [{"_id": "mine"}]])
async def test_a_key_makes_the_id_and_goes_with_no_other(api: httpx.AsyncClient, body: object) -> None:
    answer = await api.post("/data", json=body, headers=KEY)

    told = answer.json() if answer.status_code == 422 else answer.json()["items"][0]["error"]
    assert [(each["pointer"], each["code"]) for each in told["errors"]] == [("/_id", "id-with-key")]
    assert await stored(api) == []


async def test_the_keys_of_two_callers_have_nothing_in_common(tmp_path: Path) -> None:
    keys = {"till": new_key(), "feeder": new_key()}
    for client, key in keys.items():
        (tmp_path / client).write_text(line(key))
    async with running(service(api={"auth": {"mode": "APIKey", "keys_folder": tmp_path}})) as api:
        answers = [
            await api.post("/data", json={}, headers=KEY | {"Authorization": f"Bearer {key}"})
            for key in keys.values()
        ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert len({answer.json()["_id"] for answer in answers}) == 2


async def test_the_keys_of_two_instances_have_nothing_in_common() -> None:
    shared = MemoryRepository()
    ids = set()
    for name in ("orders", "returns"):
        instance = service(shared, name=name)
        async with running(instance) as api:
            ids.add((await api.post("/data", json={}, headers=KEY)).json()["_id"])

    assert len(ids) == 2


async def test_a_request_that_was_refused_can_be_sent_again_by_its_key(api: httpx.AsyncClient) -> None:
    refused = await api.post("/data", content=b'{"a": NaN}', headers=KEY | JSON)

    assert (refused.status_code, (await api.post("/data", json={"a": 1}, headers=KEY)).status_code) == (
        422,
        201,
    )


async def test_each_item_of_an_array_is_stored_once(api: httpx.AsyncClient) -> None:
    first, second = [await api.post("/data", json=[{"n": 1}, {"n": 2}], headers=KEY) for _ in range(2)]

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.headers["idempotency-replayed"] == "true"
    assert second.json()["items"] == [item | {"replayed": True} for item in first.json()["items"]]
    assert sorted(each["n"] for each in await stored(api)) == [1, 2]


async def test_of_an_array_that_was_stored_in_part_the_rest_is_stored() -> None:
    """What a second try finds that follows a first one whose end nobody heard of."""
    repository = MemoryRepository()
    body = b'[{"n": 0}, {"n": 1}, {"n": 2, "n": 2}, {"n": 3}]'
    async with running(service(repository)) as api:
        whole = await api.post("/data", content=body, headers=KEY | JSON)
    part = MemoryRepository()
    ids = [item["id"] for item in whole.json()["items"]]
    part._documents = {ids[1]: repository._documents[ids[1]]}
    part._ids = [ids[1]]

    async with running(service(part)) as api:
        answer = await api.post("/data", content=body, headers=KEY | JSON)

    items = answer.json()["items"]
    assert answer.status_code == 207
    assert [(item["status"], item.get("replayed")) for item in items] == [
        (201, None),
        (201, True),
        (422, None),
        (201, None),
    ]
    assert [item["id"] for item in items] == ids


@pytest.mark.parametrize(
    "other",
    [
        b'[{"n": 0}, {"n": 1}, {"n": 2}]',
        b'[{"n": 0}]',
        b'[{"n": 1}, {"n": 1}]',
        b'[NaN, {"n": 1}, {"n": 2}]',
        b'[NaN, 7, {"n": 2}]',
        b'{"n": 0}',
    ],
)
async def test_an_array_under_a_key_that_was_used_stores_not_even_a_part(
    api: httpx.AsyncClient, other: bytes
) -> None:
    await api.post("/data", content=b'[{"n": 0}, {"n": 1}]', headers=KEY | JSON)

    answer = await api.post("/data", content=other, headers=KEY | JSON)

    assert (answer.status_code, problem(answer)["code"]) == (422, "idempotency-key-reused")
    assert len(await stored(api)) == 2


async def test_the_hash_of_a_request_is_shown_nowhere(api: httpx.AsyncClient) -> None:
    answer = await api.post("/data", json={}, headers=KEY)

    shown = [answer, await api.get(answer.headers["location"]), await api.get("/data")]
    assert not any(b"_request" in each.content for each in shown)
