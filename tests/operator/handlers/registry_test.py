"""What Kopf is given to host."""

import inspect
from typing import Any

import kopf
import pytest

from dataservice_operator.handlers.host import host_settings
from dataservice_operator.handlers.registry import registry
from dataservice_operator.reconcile.controller import Controller
from dataservice_operator.settings import Settings
from tests.operator.memory_api import MemoryApi
from tests.operator.samples import raw


class Listener(Controller):
    """Remembers what it was told, and does nothing."""

    def __init__(self, ailing: str | None = None) -> None:
        super().__init__(Settings(), MemoryApi(), None)
        self.told: list[tuple[str | None, dict[str, Any]]] = []
        self._ailing = ailing

    def observe(self, event: str | None, raw: dict[str, Any]) -> None:
        self.told.append((event, raw))

    def ailment(self) -> str | None:
        return self._ailing


async def call(handler: Any, **kwargs: Any) -> Any:
    answer = handler.fn(**kwargs)
    return await answer if inspect.isawaitable(answer) else answer


def probe(handlers: kopf.OperatorRegistry) -> Any:
    return next(h for h in handlers._activities.get_all_handlers() if str(h.id) == "controller")


@pytest.mark.parametrize("kind", [None, "ADDED", "MODIFIED", "DELETED"])
async def test_every_event_of_a_data_service_goes_to_the_controller(kind: str | None) -> None:
    listener = Listener()
    (handler,) = registry(listener)._watching.get_all_handlers()
    await call(handler, event={"type": kind, "object": raw()}, logger=None)
    assert listener.told == [(kind, raw())]


def test_it_watches_data_services_and_nothing_else() -> None:
    handlers = registry(Listener())
    (watched,) = handlers._watching.get_all_handlers()
    assert watched.selector is not None
    assert (watched.selector.group, watched.selector.version) == ("dataservice.dev", "v1alpha1")
    for costly in (handlers._changing, handlers._indexing, handlers._spawning):
        assert not list(costly.get_all_handlers())


async def test_the_probe_is_well_while_the_controller_is() -> None:
    assert await call(probe(registry(Listener()))) == "ok"


async def test_the_probe_fails_with_the_controllers_ailment() -> None:
    with pytest.raises(kopf.PermanentError, match="silent"):
        await call(probe(registry(Listener(ailing="the watch of pods has been silent"))))


def test_kopf_writes_nothing_of_its_own() -> None:
    host = host_settings(Settings())
    assert host.peering.standalone
    assert not host.posting.enabled
    assert host.scanning.disabled
