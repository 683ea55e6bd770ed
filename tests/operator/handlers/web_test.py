"""What the operator says of itself over HTTP."""

from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from dataservice_operator.errors import OperatorError
from dataservice_operator.handlers.web import answering, metrics, probes
from dataservice_operator.reconcile.controller import Controller
from dataservice_operator.settings import Settings
from tests.cluster.ports import free_port
from tests.operator.memory_api import MemoryApi


class Patient(Controller):
    """In the state that a test wants."""

    def __init__(self, *, ailing: str | None = None, warm: bool = True) -> None:
        super().__init__(Settings(), MemoryApi(), None)
        self._ailing = ailing
        self._warm = warm

    def ailment(self) -> str | None:
        return self._ailing


async def answer(app: web.Application, path: str) -> tuple[int, str]:
    async with TestClient(TestServer(app)) as client, client.get(path) as response:
        return response.status, await response.text()


async def test_it_is_alive_while_nothing_ails_it_also_before_it_is_ready() -> None:
    assert await answer(probes(Patient(warm=False)), "/healthz") == (200, "ok")


async def test_an_ailment_that_only_a_restart_heals_is_told() -> None:
    ailing = Patient(ailing="the watch of pods has been silent for 300 s")
    assert await answer(probes(ailing), "/healthz") == (503, "the watch of pods has been silent for 300 s")


async def test_it_is_ready_once_it_could_lead() -> None:
    status, reason = await answer(probes(Patient(warm=False)), "/readyz")
    assert (status, "being listed" in reason) == (503, True)
    assert await answer(probes(Patient()), "/readyz") == (200, "ok")


async def test_what_it_counts_can_be_scraped() -> None:
    status, text = await answer(metrics(Patient()), "/metrics")
    assert status == 200
    assert "dataservice_operator_leading 1.0" in text


@pytest.mark.parametrize("taken", ["probe_port", "metrics_port"])
async def test_a_port_that_is_taken_is_named_with_the_setting_that_heals_it(taken: str) -> None:
    port = free_port()
    ports: dict[str, Any] = {"probe_port": free_port(), "metrics_port": free_port(), taken: port}
    settings = Settings(probe_host="127.0.0.1", **ports)
    async with answering(Settings(probe_host="127.0.0.1", probe_port=port, metrics_port=0), Patient()):
        with pytest.raises(OperatorError, match=f"{port} cannot be used.*_{taken.upper()}"):
            async with answering(settings, Patient()):
                pass
