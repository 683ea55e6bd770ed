"""Credentials that the database refuses: told as such, and healed without a restart."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from pymongo import MongoClient

from tests.cluster.mongodb import MongoServer
from tests.support.eventually import eventually
from tests.support.service_process import ServiceProcess

pytestmark = pytest.mark.mongodb


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
def test_refused_credentials_are_told_without_showing_them_and_heal(
    mongo_server: MongoServer, tmp_path: Path, driver: str
) -> None:
    with refused(mongo_server, tmp_path, driver) as process:
        answer = httpx.post(f"{process.url}/data", json={}, timeout=10)
        assert (answer.status_code, answer.json()["code"]) == (503, "store-unavailable")
        assert f"127.0.0.1:{mongo_server.port} refuses" in str(process.readiness()["message"])

        create_user(mongo_server, "orders", "hunter2", as_user=("admin", "first"))

        process.wait_ready()
        assert httpx.post(f"{process.url}/data", json={}).status_code == 201
        assert "hunter2" not in process.log()


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
def test_one_who_may_not_read_is_not_ready_until_the_right_is_granted(
    mongo_server: MongoServer, tmp_path: Path, driver: str
) -> None:
    """MongoDB answers a ping without asking who it is."""
    with MongoClient[dict[str, object]](mongo_server.uri) as client:
        client.admin.command("createUser", "orders", pwd="hunter2", roles=[])  # noqa: S106
    with refused(mongo_server, tmp_path, driver) as process:
        assert httpx.get(f"{process.url}/data", timeout=10).status_code == httpx.codes.SERVICE_UNAVAILABLE

        with MongoClient[dict[str, object]](mongo_server.uri, username="admin", password="first") as client:  # noqa: S106
            client.admin.command("grantRolesToUser", "orders", roles=[{"role": "readWrite", "db": "shop"}])
        mongo_server.kill()  # SecantusDB, unlike MongoDB, looks at rights when one connects
        mongo_server.start("--auth")

        process.wait_ready()
        assert httpx.get(f"{process.url}/data", timeout=10).status_code == httpx.codes.OK


@contextmanager
def refused(mongo_server: MongoServer, folder: Path, driver: str) -> Iterator[ServiceProcess]:
    """A service whose database has begun to ask who it is, and does not take it for an answer."""
    create_user(mongo_server, "admin", "first")
    mongo_server.stop()
    mongo_server.start("--auth")
    process = ServiceProcess(folder, settings(mongo_server, driver))
    try:
        process.start()
        eventually(lambda: process.readiness()["reason"] == "DatabaseAuthFailed")
        yield process
    finally:
        process.close()


@pytest.mark.parametrize("driver", ["motor", "pymongo"])
def test_the_right_to_make_indexes_that_is_missing_is_told_and_heals(
    mongo_server: MongoServer, tmp_path: Path, driver: str
) -> None:
    may_read_and_write = {"resource": {"db": "shop", "collection": ""}, "actions": ["find", "insert"]}
    (tmp_path / "indexes.json").write_text('[{"fields": ["sku"]}]')
    with MongoClient[dict[str, object]](mongo_server.uri) as client:
        client.admin.command("createRole", "writer", privileges=[may_read_and_write], roles=[])
        client.admin.command("createUser", "orders", pwd="hunter2", roles=["writer"])  # noqa: S106
    create_user(mongo_server, "admin", "first")
    mongo_server.stop()
    mongo_server.start("--auth")
    process = ServiceProcess(
        tmp_path, settings(mongo_server, driver, DATA__INDEXES_FILE=str(tmp_path / "indexes.json"))
    )
    try:
        process.start()
        eventually(lambda: process.readiness()["reason"] == "IndexRefused")
        message = str(process.readiness()["message"])
        assert "the index on sku: grant it the right createIndex on shop.orders" in message

        with MongoClient[dict[str, object]](mongo_server.uri, username="admin", password="first") as client:  # noqa: S106
            client.admin.command("grantRolesToUser", "orders", roles=[{"role": "readWrite", "db": "shop"}])

        process.wait_ready()
        assert "hunter2" not in process.log() + message
    finally:
        process.close()


def create_user(
    server: MongoServer, name: str, password: str, as_user: tuple[str, str] | None = None
) -> None:
    username, own = as_user or (None, None)
    with MongoClient[dict[str, object]](server.uri, username=username, password=own) as client:
        client.admin.command("createUser", name, pwd=password, roles=["root"])


def settings(server: MongoServer, driver: str, **more: str) -> dict[str, str]:
    return {
        "DATABASE__KIND": "mongodb",
        "DATABASE__MONGODB__URI": f"mongodb://orders:hunter2@127.0.0.1:{server.port}/?authSource=admin",
        "DATABASE__MONGODB__DATABASE": "shop",
        "DATABASE__MONGODB__COLLECTION": "orders",
        "DATABASE__MONGODB__DRIVER": driver,
        **more,
    }
