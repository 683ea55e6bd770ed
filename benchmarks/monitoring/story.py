"""What happens while a Prometheus looks on: a DataService under load, and a few things that go wrong."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Final

import httpx

from tests.support.api_keys import line, new_key
from tests.support.data_service import smallest
from tests.support.kubectl import Kubectl
from tests.support.shop import SCHEMA, Shop

OPERATOR: Final = ("--namespace=dataservice-system", "deployment/dataservice-operator")
KEY: Final = new_key()
SPEC: Final = {
    "api": {"auth": {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}},
    "monitoring": {"serviceMonitor": True},
}
MOST_SECONDS: Final = 420.0
"""After so long the callers stop by themselves."""

Step = tuple[float, str, Callable[[], object]]
"""When, in seconds from the start; what; how."""


def prepare(shop: Shop) -> None:
    """A DataService with two pods that serves."""
    shop("create", "secret", "generic", "orders-keys", f"--from-literal=till={line(KEY)}")
    shop.apply(**SPEC, replicas=2)
    shop.wait_ready()


def steps(shop: Shop, kubectl: Kubectl) -> tuple[Step, ...]:
    stricter = {**SCHEMA, "properties": {**SCHEMA["properties"], "note": {"type": "string", "maxLength": 80}}}  # type: ignore[dict-item] # a JSON Schema
    label = json.dumps({"metadata": {"labels": {"app.kubernetes.io/managed-by": "somebody-else"}}})
    wrong = smallest(metadata={"name": "stock"}, spec={"data": {"schema": {"type": "nothing"}}})
    return (
        (30, "a third pod", lambda: shop.apply(**SPEC, replicas=3)),
        (60, "the database goes", shop.stop_database),
        (80, "it comes back", shop.start_database),
        (
            110,
            "another schema rolls the pods",
            lambda: shop.apply(**SPEC, replicas=3, data={"schema": stricter}),
        ),
        (
            150,
            "a DataService with a schema that is none",
            lambda: shop("apply", "--filename=-", manifest=wrong),
        ),
        *(
            (
                160 + 5 * number,
                "somebody edits a child",
                lambda: shop("patch", "service", "orders", f"--patch={label}"),
            )
            for number in range(4)
        ),
        (190, "the leading operator is killed", lambda: _kill_leader(kubectl)),
    )


def _kill_leader(kubectl: Kubectl) -> None:
    lease = kubectl.json(OPERATOR[0], "get", "lease", "dataservice-operator")
    holder = lease["spec"]["holderIdentity"].split("_")[0]
    kubectl(OPERATOR[0], "delete", "pod", holder, "--grace-period=0", "--force")


def told(story: tuple[Step, ...], seconds: float, say: Callable[[str], None]) -> None:
    """Let each step happen at its time; return after so many seconds."""
    started = time.monotonic()
    for at, what, act in story:
        time.sleep(max(0.0, started + at - time.monotonic()))
        say(what)
        act()
    time.sleep(max(0.0, started + seconds - time.monotonic()))


@contextmanager
def callers(url: str, count_of: int = 4) -> Iterator[None]:
    """Clients of all kinds, until the block ends; what they are answered is for the metrics to say."""
    stop, deadline = threading.Event(), time.monotonic() + MOST_SECONDS

    def call(number: int) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        with httpx.Client(base_url=url, timeout=15, trust_env=False, headers=headers) as client:
            for turn in count():
                if stop.wait(0.02) or time.monotonic() > deadline:
                    return
                try:
                    _use(client, f"{number}-{turn}", turn)
                except httpx.TransportError:
                    continue

    threads = [threading.Thread(target=call, args=(number,)) for number in range(count_of)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _use(client: httpx.Client, sku: str, turn: int) -> None:
    """A day in the life of a document, with a mistake now and then."""
    created = client.post("/data", json={"sku": sku, "quantity": 1})
    if created.status_code != httpx.codes.CREATED:
        return
    location = created.headers["location"]
    client.get(location)
    client.get("/data", params={"limit": 10})
    client.patch(location, json={"quantity": 2}, headers={"Content-Type": "application/merge-patch+json"})
    if turn % 3 == 0:
        client.delete(location)
    if turn % 10 == 0:
        client.post("/data", json={"sku": sku, "quantity": 0})
        client.get("/data/nothing-of-that-name")
    if turn % 25 == 0:
        client.get("/data", headers={"Authorization": "Bearer another"})
