"""The operator's process: settings, logs, the cluster, the controller, and Kopf as its host."""

import asyncio
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Collection
from typing import Any, Final

import kopf
import uvloop
from pydantic import ValidationError

from dataservice_operator.cluster.client import Client
from dataservice_operator.cluster.connect import connect
from dataservice_operator.cluster.kinds import DATA_SERVICE
from dataservice_operator.cluster.lease import Lease, LeaseSpec
from dataservice_operator.errors import LeadershipLost, NotFound, OperatorError
from dataservice_operator.handlers.host import host_settings
from dataservice_operator.handlers.registry import registry
from dataservice_operator.handlers.web import answering
from dataservice_operator.reconcile.controller import Controller
from dataservice_operator.settings import Settings

logger = logging.getLogger(__name__)

_DEEPEST: Final = 11_000
"""The API server stores JSON that nests 10,000 deep, as a JSON Schema or an affinity may: one DataService that cannot
be read would end the operator of all.
"""

_IDENTITY: Any = "dataservice-operator"
"""Kopf's name for its peering, which is not used: it would look up a user's name, and a pod's user has none."""


def main() -> None:
    """Run until stopped. Exit codes: 0 stopped, 1 failed or leadership lost, 2 bad settings."""
    try:
        settings = Settings()
    except ValidationError as error:
        sys.exit(_complain(error))
    _configure_logs(settings)
    sys.setrecursionlimit(_DEEPEST)
    try:
        uvloop.run(run(settings))
    except OperatorError as error:
        sys.exit(f"dataservice-operator: {error}")


def _configure_logs(settings: Settings) -> None:
    kopf.configure(log_format=kopf.LogFormat.JSON if settings.log_format == "json" else kopf.LogFormat.PLAIN)
    logging.getLogger().setLevel(settings.log_level)
    for chatty in ("kopf", "aiohttp.access"):  # a line for each event and each probe tells nothing
        logging.getLogger(chatty).setLevel(logging.WARNING)


async def run(settings: Settings) -> None:
    """Host the controller until a signal comes or leadership is lost.

    Raises:
        OperatorError: there is no cluster, no CRD, or no leadership any more.
    """
    api = await connect()
    try:
        lease = Lease(Client(api), _lease_spec(settings)) if settings.leader_election else None
        client = Client(api, gate=lease.check) if lease else Client(api)
        await _require_crd(client, settings)
        controller = Controller(settings, client, lease)
        await _host(settings, controller, lease)
    finally:
        await api.close()


async def _host(settings: Settings, controller: Controller, lease: Lease | None) -> None:
    """Run both until one ends or a signal comes. What the other replica waits for comes first: the lease."""
    stop, ours = asyncio.Event(), asyncio.all_tasks()
    async with answering(settings, controller):
        tasks = await _spawn_host(settings, controller, stop)
        hosted = asyncio.create_task(kopf.run_tasks(tasks, ignored=ours))
        controlled = asyncio.create_task(controller.run())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait((hosted, controlled, stopping), return_when=asyncio.FIRST_COMPLETED)
        controlled.cancel()
        await asyncio.wait((controlled,))
        if lease is not None:
            await lease.release()
    stop.set()
    for result in await asyncio.gather(hosted, controlled, return_exceptions=True):
        if isinstance(result, BaseExceptionGroup) and result.subgroup(LeadershipLost):
            raise LeadershipLost("leadership was lost: the other replica goes on")
        if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
            raise result


async def _spawn_host(
    settings: Settings, controller: Controller, stop: asyncio.Event
) -> Collection[asyncio.Task[None]]:
    tasks = await kopf.spawn_tasks(
        registry=registry(controller),
        identity=_IDENTITY,
        settings=host_settings(settings),
        clusterwide=not settings.watch_namespaces,
        namespaces=settings.watch_namespaces,
        stop_flag=stop,
    )
    # Instead of Kopf, which would end first, and wait 5 s for the controller to end by itself before that.
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    return tasks


async def _require_crd(client: Client, settings: Settings) -> None:
    try:
        for namespace in settings.watch_namespaces or (None,):
            await client.page(DATA_SERVICE.path(namespace), limit="1")
    except NotFound as error:
        message = (
            "the cluster does not know DataServices: kubectl apply -f crds/dataservice.dev_dataservices.yaml"
        )
        raise OperatorError(message) from error


def _lease_spec(settings: Settings) -> LeaseSpec:
    return LeaseSpec(
        namespace=settings.lease_namespace,
        name=settings.lease_name,
        identity=settings.lease_identity or f"{socket.gethostname()}_{secrets.token_hex(4)}",
        duration_seconds=settings.lease_duration_seconds,
        renew_deadline_seconds=settings.lease_renew_deadline_seconds,
        retry_seconds=settings.lease_retry_seconds,
    )


def _complain(error: ValidationError) -> int:
    for problem in error.errors(include_url=False, include_input=False):
        variable = "DATASERVICE_OPERATOR_" + "__".join(str(part) for part in problem["loc"]).upper()
        sys.stderr.write(f"{variable}: {problem['msg'].removeprefix('Value error, ')}{os.linesep}")
    return 2
