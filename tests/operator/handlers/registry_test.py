"""What Kopf is given to host."""

import asyncio
import inspect
from typing import Any

import pytest

from dataservice_operator.handlers.host import host_settings
from dataservice_operator.handlers.registry import registry
from dataservice_operator.reconcile.controller import Controller
from dataservice_operator.settings import Settings
from tests.operator.memory_api import MemoryApi
from tests.operator.samples import raw


class Listener(Controller):
    """Remembers what it was told, and does nothing."""

    def __init__(self) -> None:
        super().__init__(Settings(), MemoryApi(), None)
        self.told: list[tuple[str | None, dict[str, Any]]] = []

    def observe(self, event: str | None, raw: dict[str, Any]) -> None:
        self.told.append((event, raw))


async def call(handler: Any, **kwargs: Any) -> Any:
    answer = handler.fn(**kwargs)
    return await answer if inspect.isawaitable(answer) else answer


@pytest.mark.parametrize("kind", [None, "ADDED", "MODIFIED", "DELETED"])
async def test_every_event_of_a_data_service_goes_to_the_controller(kind: str | None) -> None:
    listener = Listener()
    (handler,) = registry(listener)._watching.get_all_handlers()
    await call(handler, event={"type": kind, "object": raw()}, logger=None)
    assert listener.told == [(kind, raw())]


async def test_a_worker_begins_before_kopf_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    listener, loop = Listener(), asyncio.get_running_loop()
    monkeypatch.setattr(listener, "observe", lambda *_: loop.call_soon(order.append, "worker"))
    (handler,) = registry(listener)._watching.get_all_handlers()
    await call(handler, event={"type": "MODIFIED", "object": raw()}, logger=None)
    order.append("Kopf")
    assert order == ["worker", "Kopf"]


def test_it_watches_data_services_and_nothing_else() -> None:
    handlers = registry(Listener())
    (watched,) = handlers._watching.get_all_handlers()
    assert watched.selector is not None
    assert (watched.selector.group, watched.selector.version) == ("dataservice.dev", "v1alpha1")
    for costly in (handlers._changing, handlers._indexing, handlers._spawning):
        assert not list(costly.get_all_handlers())


def test_kopf_writes_nothing_of_its_own() -> None:
    host = host_settings(Settings())
    assert host.peering.standalone
    assert not host.posting.enabled
    assert host.scanning.disabled
