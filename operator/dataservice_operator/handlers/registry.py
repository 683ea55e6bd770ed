"""The handlers that Kopf hosts: one event handler that only enqueues, and the login."""

import asyncio
from typing import Any

import kopf

from dataservice_operator.crd.resource import GROUP, PLURAL, VERSION
from dataservice_operator.handlers.login import login
from dataservice_operator.reconcile.controller import Controller


def registry(controller: Controller) -> kopf.OperatorRegistry:
    """Handlers bound to one controller, in a registry of their own.

    Only `on.event`: Kopf's create and update handlers would keep their progress in annotations of the DataService, one
    write for each change (docs/adr/0001-kopf-as-host.md).
    """
    handlers = kopf.OperatorRegistry()

    @kopf.on.event(GROUP, VERSION, PLURAL, registry=handlers)
    async def changed(event: kopf.RawEvent, **_: Any) -> None:
        controller.observe(event["type"], dict(event["object"]))
        await asyncio.sleep(0)  # a worker begins now, and not when Kopf has done all that follows a handler

    kopf.on.login(registry=handlers)(login)

    return handlers
