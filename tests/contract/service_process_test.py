"""The service as a real process: start, crash, drain, and a database that goes away."""

import asyncio
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.cluster.mongodb import MongoServer
from tests.contract.holding_proxy import HoldingProxy
from tests.support.eventually import eventually
from tests.support.service_process import MODULE, ServiceProcess, Starter

CHECKOUT = Path(__file__).resolve().parents[2]
DRIVERS = ["motor", "pymongo"]
MONGODB = {
    "DATABASE__KIND": "mongodb",
    "DATABASE__MONGODB__URI": "mongodb://127.0.0.1:1/",
    "DATABASE__MONGODB__DATABASE": "shop",
    "DATABASE__MONGODB__COLLECTION": "orders",
}


def on_mongodb(server: MongoServer, driver: str = "motor") -> dict[str, str]:
    return MONGODB | {"DATABASE__MONGODB__URI": server.uri, "DATABASE__MONGODB__DRIVER": driver}


async def post_until_gone(service: ServiceProcess, at_least: int, interrupt: Callable[[], None]) -> list[str]:
    """Post from 16 clients at once; interrupt after `at_least` answers; the ids that were acknowledged."""
    acknowledged: list[str] = []
    interrupted = False

    async def post(api: httpx.AsyncClient) -> None:
        nonlocal interrupted
        try:
            while (answer := await api.post("/data", json={})).status_code == httpx.codes.CREATED:
                acknowledged.append(answer.json()["_id"])
                if len(acknowledged) >= at_least and not interrupted:
                    interrupted = True
                    await asyncio.to_thread(interrupt)
        except httpx.TransportError:
            return

    async with httpx.AsyncClient(base_url=service.url, timeout=20) as api:
        await asyncio.gather(*(post(api) for _ in range(16)))
    return acknowledged


def all_ids(service: ServiceProcess) -> list[str]:
    ids: list[str] = []
    parameters = {"limit": "1000"}
    while True:
        page = httpx.get(f"{service.url}/data", params=parameters).raise_for_status().json()
        ids += [item["_id"] for item in page["items"]]
        if not page["has_more"]:
            return ids
        parameters["cursor"] = page["next"]


async def test_what_sqlite_acknowledged_survives_kill_9_of_the_service(service: Starter) -> None:
    first = service()
    acknowledged = await post_until_gone(first, 200, first.kill)

    second = service()

    stored = all_ids(second)
    assert len(acknowledged) >= 200
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
async def test_what_mongodb_acknowledged_survives_kill_9_of_service_and_database(
    service: Starter, mongo_server: MongoServer, driver: str
) -> None:
    first = service(**on_mongodb(mongo_server, driver))

    def crash() -> None:
        mongo_server.kill()
        first.kill()

    acknowledged = await post_until_gone(first, 100, crash)
    mongo_server.start()
    second = service(**on_mongodb(mongo_server, driver))
    second.wait_ready()

    stored = all_ids(second)
    assert len(acknowledged) >= 100
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))


def changed(service: ServiceProcess) -> None:
    """One document replaced, one patched, one deleted."""
    for document_id in ("put", "patched", "deleted"):
        httpx.put(f"{service.url}/data/{document_id}", json={"n": 1}).raise_for_status()
    merge = {"Content-Type": "application/merge-patch+json"}
    httpx.put(f"{service.url}/data/put", json={"n": 2}).raise_for_status()
    httpx.patch(f"{service.url}/data/patched", json={"n": 2}, headers=merge).raise_for_status()
    httpx.delete(f"{service.url}/data/deleted").raise_for_status()


def documents(service: ServiceProcess) -> dict[str, int]:
    items = httpx.get(f"{service.url}/data").raise_for_status().json()["items"]
    return {item["_id"]: item["n"] for item in items}


def test_changes_that_sqlite_acknowledged_survive_kill_9_of_the_service(service: Starter) -> None:
    first = service()
    changed(first)
    first.kill()

    assert documents(service()) == {"patched": 2, "put": 2}


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
def test_changes_that_mongodb_acknowledged_survive_kill_9_of_service_and_database(
    service: Starter, mongo_server: MongoServer, driver: str
) -> None:
    first = service(**on_mongodb(mongo_server, driver))
    first.wait_ready()
    changed(first)
    mongo_server.kill()
    first.kill()

    mongo_server.start()
    second = service(**on_mongodb(mongo_server, driver))
    second.wait_ready()
    assert documents(second) == {"patched": 2, "put": 2}


def test_a_service_that_is_set_up_so_wants_the_version_that_is_changed(service: Starter) -> None:
    process = service(API__REQUIRE_IF_MATCH="true")
    url = f"{process.url}/data/one"
    version = httpx.put(url, json={}).raise_for_status().headers["etag"]

    assert httpx.delete(url).status_code == httpx.codes.PRECONDITION_REQUIRED
    assert httpx.delete(url, headers={"If-Match": version}).status_code == httpx.codes.NO_CONTENT


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
def test_a_database_that_goes_away_is_told_and_heals(
    service: Starter, mongo_server: MongoServer, driver: str
) -> None:
    process = service(**on_mongodb(mongo_server, driver))
    process.wait_ready()

    mongo_server.kill()

    eventually(lambda: not process.readiness()["ready"])
    told = process.readiness()
    answer = httpx.post(f"{process.url}/data", json={}, timeout=10)
    assert told["reason"] == "DatabaseUnreachable"
    assert f"127.0.0.1:{mongo_server.port}" in str(told["message"])
    assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
    assert answer.headers["retry-after"] == "1"
    assert httpx.get(f"{process.admin}/livez").is_success

    mongo_server.start()

    process.wait_ready()
    assert httpx.post(f"{process.url}/data", json={}).status_code == 201


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_database_that_hangs_holds_no_request_longer_than_its_bound(
    service: Starter, mongo_server: MongoServer, driver: str
) -> None:
    process = service(**on_mongodb(mongo_server, driver))
    process.wait_ready()

    # Many more than a driver has threads: one bound holds for all, they do not wait for each other.
    async with httpx.AsyncClient(base_url=process.url, timeout=20) as api:
        with mongo_server.hung():
            answers = await asyncio.gather(
                *(api.get("/data/x") for _ in range(60)),
                *(api.get("/data") for _ in range(20)),
                *(api.post("/data", json={}) for _ in range(20)),
                api.get(f"{process.admin}/livez"),
            )
        process.wait_ready()
        healed = await api.post("/data", json={})

    assert [answer.status_code for answer in answers] == [503] * 100 + [200]
    assert {answer.json()["code"] for answer in answers[:100]} == {"store-unavailable"}
    assert healed.status_code == 201


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
def test_the_service_starts_while_the_database_is_away(
    service: Starter, mongo_server: MongoServer, tmp_path: Path, driver: str
) -> None:
    schema, indexes = tmp_path / "schema.json", tmp_path / "indexes.json"
    schema.write_text('{"required": ["sku"]}')
    indexes.write_text('[{"fields": ["sku"], "unique": true}]')
    declared = {"DATA__SCHEMA_FILE": str(schema), "DATA__INDEXES_FILE": str(indexes)}
    mongo_server.kill()

    process = service(**on_mongodb(mongo_server, driver), **declared)

    assert process.readiness()["reason"] == "DatabaseUnreachable"
    assert httpx.get(f"{process.admin}/startupz").is_success
    mongo_server.start()
    process.wait_ready()
    answers = [httpx.post(f"{process.url}/data", json={"sku": "A-1"}).status_code for _ in range(2)]
    assert answers == [201, 409]


@pytest.fixture
def slow_builds(mongo_server: MongoServer) -> Iterator[HoldingProxy]:
    """A way to the database on which the making of indexes takes as long as the test wants."""
    proxy = HoldingProxy(mongo_server.port, b"createIndexes")
    proxy.start()
    yield proxy
    proxy.close()


def through(proxy: HoldingProxy, driver: str) -> dict[str, str]:
    uri = f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"
    return MONGODB | {"DATABASE__MONGODB__URI": uri, "DATABASE__MONGODB__DRIVER": driver}


@pytest.fixture
def indexes(tmp_path: Path) -> dict[str, str]:
    file = tmp_path / "declared.json"
    file.write_text('[{"fields": ["sku"]}]')
    return {"DATA__INDEXES_FILE": str(file)}


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
def test_indexes_that_take_long_to_build_are_told_and_waited_for(
    service: Starter, slow_builds: HoldingProxy, indexes: dict[str, str], driver: str
) -> None:
    process = service(**through(slow_builds, driver), **indexes)

    eventually(lambda: process.readiness()["reason"] == "IndexesBuilding")
    assert httpx.post(f"{process.url}/data", json={}).status_code == 201

    slow_builds.release()

    process.wait_ready()
    assert slow_builds.held == 1


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
def test_indexes_that_take_long_to_build_do_not_hold_the_end_up(
    service: Starter, slow_builds: HoldingProxy, indexes: dict[str, str], driver: str
) -> None:
    process = service(**through(slow_builds, driver), **indexes)
    eventually(lambda: slow_builds.waiting == 1)

    process.signal(signal.SIGTERM)

    process.ended(seconds=10)


@pytest.mark.mongodb
@pytest.mark.parametrize("driver", DRIVERS)
async def test_a_database_that_went_away_does_not_hold_the_end_up(
    service: Starter, mongo_server: MongoServer, driver: str
) -> None:
    process = service(**on_mongodb(mongo_server, driver))
    async with httpx.AsyncClient(
        base_url=process.url
    ) as api:  # several sessions that the driver wants to end
        await asyncio.gather(*(api.post("/data", json={}) for _ in range(10)))
    mongo_server.kill()
    eventually(lambda: not process.readiness()["ready"])

    process.signal(signal.SIGTERM)

    process.ended(seconds=10)


def test_a_request_in_flight_is_answered_after_sigterm(service: Starter) -> None:
    process = service()
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as client:
        client.sendall(
            b"POST /data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"
        )
        eventually(lambda: in_flight(process) == 1, every=0.02)

        process.signal(signal.SIGTERM)

        eventually(lambda: process.readiness().get("reason") == "Draining", every=0.02)
        client.sendall(b'"a": 1}')
        answer = b"".join(iter(lambda: client.recv(65536), b""))  # until the service closes the connection
        assert answer.startswith(b"HTTP/1.1 201 ")
        assert b"connection: close" in answer
    process.ended()


@pytest.mark.parametrize("head", [b"GET /data HTTP/1.1\r\nX: ", b"GET /"])
def test_a_head_without_an_end_is_cut_off(service: Starter, head: bytes) -> None:
    process = service()

    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as client:
        client.sendall(head)
        with pytest.raises((ConnectionResetError, BrokenPipeError)):
            client.sendall(b"x" * 50_000_000)

    assert httpx.get(f"{process.url}/data").is_success


def test_a_kept_connection_is_answered_once_more_after_sigterm_and_told_to_go(service: Starter) -> None:
    """Closed at once, it would reset a request that is on its way."""
    process = service()
    with httpx.Client(base_url=process.url, trust_env=False) as client:
        assert "connection" not in client.get("/data").headers
        process.signal(signal.SIGTERM)
        eventually(lambda: not process.readiness()["ready"], every=0.01)
        answer = client.get("/data")
        assert (answer.status_code, answer.headers["connection"]) == (httpx.codes.OK, "close")
    process.ended()


def test_an_idle_connection_does_not_hold_the_end_up(service: Starter) -> None:
    process = service(DRAIN_SECONDS="20")
    with httpx.Client() as client:
        client.get(f"{process.url}/data").raise_for_status()

        process.signal(signal.SIGTERM)

        process.ended(seconds=10)


def test_a_request_that_never_ends_is_cut_after_the_drain(service: Starter) -> None:
    process = service(DRAIN_SECONDS="1")
    with socket.create_connection(("127.0.0.1", process.port), timeout=20) as client:
        client.sendall(
            b"POST /data HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{"
        )
        eventually(lambda: in_flight(process) == 1, every=0.02)

        process.signal(signal.SIGTERM)

        process.ended(seconds=10)


def in_flight(process: ServiceProcess) -> float:
    lines = httpx.get(f"{process.admin}/metrics").text.splitlines()
    return next(
        float(line.split()[1]) for line in lines if line.startswith("dataservice_http_requests_in_flight ")
    )


def test_two_processes_share_a_sqlite_file(service: Starter) -> None:
    one, two = service(), service()

    for number in range(20):
        for process in (one, two):
            httpx.post(f"{process.url}/data", json={"n": number}).raise_for_status()

    assert all_ids(one) == all_ids(two)
    assert len(all_ids(one)) == 40


def test_metrics_count_requests_by_route(service: Starter) -> None:
    process = service()
    stored = httpx.post(f"{process.url}/data", json={})
    httpx.get(f"{process.url}{stored.headers['location']}")
    httpx.get(f"{process.url}/data/nothing-here")

    lines = httpx.get(f"{process.admin}/metrics").text.splitlines()

    for line in [
        'dataservice_http_requests_total{method="POST",route="/data",status="201"} 1.0',
        'dataservice_http_requests_total{method="GET",route="/data/{id}",status="200"} 1.0',
        'dataservice_http_requests_total{method="GET",route="/data/{id}",status="404"} 1.0',
        'dataservice_http_request_duration_seconds_count{method="POST",route="/data"} 1.0',
    ]:
        assert line in lines


@pytest.mark.parametrize(
    ("directory", "target"),
    [(".", ["dataservice.app:create_app", "--factory"]), ("service", ["main:app"])],
    ids=["from the checkout", "from service/"],
)
def test_uvicorn_serves_with_nothing_configured(tmp_path: Path, directory: str, target: list[str]) -> None:
    (tmp_path / "main.py").write_bytes(
        (CHECKOUT / directory / "main.py").read_bytes()
    ) if directory != "." else None
    command = [sys.executable, "-m", "uvicorn", *target, "--reload", "--host", "0.0.0.0", "--port", "{port}"]  # noqa: S104 - as documented
    process = ServiceProcess(tmp_path, {}, command)
    process.start()
    try:
        stored = httpx.post(f"{process.url}/data", json={"hello": "world"})
        assert stored.status_code == 201
        assert httpx.get(f"{process.url}/data").json()["items"] == [stored.json()]
        assert (tmp_path / "dataservice.db").exists()
    finally:
        process.close()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"PORT": "http"}, "PORT: Input should be a valid integer"),
        ({"DATABSE__KIND": "memory"}, "DATABSE__KIND is not a setting of this service: remove it, or write"),
        ({"DATABASE__KIND": "oracle"}, "DATABASE__KIND: Input should be 'mongodb', 'sqlite' or 'memory'"),
        (
            {"DATABASE__KIND": "mongodb"},
            "DATABASE__MONGODB__URI: needed by DATASERVICE_DATABASE__KIND=mongodb",
        ),
        (
            MONGODB | {"DATABASE__MONGODB__URI": "mongodb://u:p@ss:word@h/"},
            "DATABASE__MONGODB__URI: not a MongoDB URI",
        ),
        (
            MONGODB | {"DATABASE__MONGODB__URI": "mongodb://u:hunter2@h/?tls=true&tlsCAFile=/absent.pem"},
            "DATABASE__MONGODB__URI: it names a file: /absent.pem: No such file or directory",
        ),
        (MONGODB | {"DATABASE__MONGODB__URI": "hunter2"}, "DATABASE__MONGODB__URI: not a MongoDB URI"),
        (
            MONGODB | {"DATABASE__MONGODB__DATABASE": "a b"},
            "DATABASE__MONGODB__DATABASE or __COLLECTION: not a name",
        ),
        (
            {"DATABASE__SQLITE__PATH": "/absent/documents.db"},
            "DATABASE__SQLITE__PATH: /absent/documents.db cannot be written: No such file or directory",
        ),
        ({"API__AUTH__MODE": "Basic"}, "API__AUTH__MODE: Input should be 'None'"),
        ({"API__CURSOR_KEY_FILE": "short"}, "API__CURSOR_KEY_FILE: a cursor key has at least 32"),
        ({"DATA__SCHEMA_FILE": "absent.json"}, "DATA__SCHEMA_FILE: absent.json: No such file or directory"),
        ({"DATA__SCHEMA_FILE": "ref.json"}, "DATA__SCHEMA_FILE: the schema cannot be used"),
        ({"DATA__SCHEMA_FILE": "lines.json"}, "DATA__SCHEMA_FILE: the schema cannot be used"),
        (
            {"DATA__SCHEMA_FILE": "deep.json"},
            "DATA__SCHEMA_FILE: the schema cannot be used: it nests too deep",
        ),
        (
            {"DATA__INDEXES_FILE": "unique.json"},
            "DATA__INDEXES_FILE: the unique index on sku needs 'sku' required",
        ),
    ],
)
def test_settings_that_cannot_be_used_end_the_process_with_one_line(
    tmp_path: Path, settings: dict[str, str], said: str
) -> None:
    (tmp_path / "short").write_bytes(b"key")
    (tmp_path / "unique.json").write_text('[{"fields": ["sku"], "unique": true}]')
    (tmp_path / "lines.json").write_text('{"$ref": "http://x/y\\nz"}')
    (tmp_path / "deep.json").write_text('{"not":' * 5000 + "{}" + "}" * 5000)
    (tmp_path / "ref.json").write_text('{"$ref": "file:///etc/hostname"}')
    environment = {f"DATASERVICE_{name}": value for name, value in settings.items()}

    ended = subprocess.run(
        MODULE, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False
    )

    assert ended.returncode == 2
    assert len(ended.stderr.strip().splitlines()) == 1
    assert f"DATASERVICE_{said}" in ended.stderr
    assert not any(secret in ended.stderr for secret in ("ss:word", "hunter2"))


def test_an_admin_port_that_is_required_and_taken_ends_the_process(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        environment = {
            "DATASERVICE_HOST": "127.0.0.1",
            "DATASERVICE_PORT": "0",
            "DATASERVICE_ADMIN__PORT": str(port),
            "DATASERVICE_ADMIN__REQUIRED": "true",
        }
        ended = subprocess.run(
            MODULE, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=30, check=False
        )

    assert ended.returncode != 0
    assert f"DATASERVICE_ADMIN__PORT: port {port} cannot be used: Address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_an_admin_port_that_is_taken_is_a_warning_otherwise(tmp_path: Path) -> None:
    first = ServiceProcess(tmp_path, {})
    second = ServiceProcess(tmp_path, {"ADMIN__PORT": str(first.admin_port)})
    try:
        first.start()
        second.start()
        assert f"no admin server on port {first.admin_port}" in second.log()
    finally:
        first.close()
        second.close()
