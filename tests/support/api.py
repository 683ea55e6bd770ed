"""The service's API in this process: memory store, no port, no file."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import httpx

from dataservice.app import Service, assemble
from dataservice.domain.index import parse_indexes
from dataservice.domain.repository import Repository
from dataservice.services.instance import Instance
from dataservice.services.metrics import Metrics
from dataservice.services.schema import ANY_OBJECT, DocumentSchema
from dataservice.settings import Settings
from dataservice.storage.memory import MemoryRepository

PROBLEM = "application/problem+json"


def settings(**sections: Any) -> Settings:
    values: dict[str, Any] = {"database": {"kind": "memory"}, "admin": {"port": 0}, **sections}
    return Settings.model_validate(values)


@asynccontextmanager
async def running(service: Service) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a started service; unexpected errors are the service's to answer, not the client's to raise."""
    async with service.app.router.lifespan_context(service.app), client(service.app) as opened:
        yield opened


def client(app: Any) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://service")


def service(
    repository: Repository | None = None,
    schema: Mapping[str, Any] = ANY_OBJECT,
    indexes: bytes = b"[]",
    **sections: Any,
) -> Service:
    instance = Instance(DocumentSchema(schema), parse_indexes(indexes), cursor_key=b"k" * 32)
    return assemble(settings(**sections), instance, repository or MemoryRepository(), Metrics())


def problem(response: httpx.Response) -> dict[str, Any]:
    """The body of a problem, checked for what every problem has."""
    assert response.headers["content-type"] == PROBLEM, response.text
    body: dict[str, Any] = response.json()
    assert body["status"] == response.status_code
    assert body["type"].endswith(f"/{body['code']}")
    assert body["title"]
    assert body["detail"]
    assert body["request_id"] == response.headers["x-request-id"]
    return body
