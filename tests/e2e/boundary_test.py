"""What befalls a service at its boundary, under load: its database, its disk, its start, its node, its image.

In each case the conditions say what is the matter and that it is over, it heals when the cause is gone, and what was
acknowledged is there in the end.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from itertools import groupby
from pathlib import Path
from typing import Any

import httpx
import pytest
from pymongo import MongoClient

from tests.cluster import images, load, volumes
from tests.cluster.addresses import claimed
from tests.cluster.state import Cluster
from tests.support import slow_way
from tests.support.eventually import eventually
from tests.support.load import Told, assert_kept, enough, under_load
from tests.support.required import unavailable
from tests.support.shop import Shop
from tests.support.stopped import stopped

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(240), pytest.mark.usefixtures("impatient")]

OURS = "--selector=app.kubernetes.io/managed-by=dataservice-operator"

Conditions = dict[str, tuple[str, str]]
"""Status and reason of each type."""

Versions = list[dict[str, Any]]

HEALTHY: Conditions = {
    "Ready": ("True", "PodsReady"),
    "Reconciling": ("False", "PodsReady"),
    "Stalled": ("False", "PodsReady"),
    "Available": ("True", "PodsAvailable"),
    "Progressing": ("False", "Complete"),
    "DatabaseReachable": ("True", "Connected"),
    "Suspended": ("False", "Active"),
}
DOWN: Conditions = {"Available": ("False", "NoPodAvailable"), "Progressing": ("False", "Complete")}
"""No pod answers, and none is replaced for that."""

NO_DATABASE: Conditions = {**DOWN, "DatabaseReachable": ("False", "DatabaseUnreachable")}
HELD: Conditions = {
    "Available": ("True", "PodsAvailable"),
    "Progressing": ("True", "RollingOut"),
    "DatabaseReachable": ("True", "Connected"),
}
"""A roll stands still, and the pods from before serve."""


@pytest.mark.usefixtures("kept_database")
def test_while_the_database_is_away_nothing_is_ready(shop: Shop, versions: Versions) -> None:
    shop.apply(replicas=2)
    shop.wait_ready()
    with callers(shop):
        shop.stop_database()
        message = stalls(versions, "DatabaseUnreachable", NO_DATABASE)
        assert f"mongodb.{shop.namespace}.svc:27017" in message
        shop.start_database()
        heals(shop, versions)
    assert restarts(shop) == [0, 0]
    assert_told_once(versions)


@pytest.fixture
def kept_database(empty_shop: Shop, storage_class: str) -> None:
    empty_shop.keep_database(storage_class)


def test_a_slow_database_is_waited_for_until_it_is_slower_than_a_ping_may_be(
    shop: Shop, versions: Versions
) -> None:
    slow_down = way_to_the_database(shop)
    change_uri(shop, f"mongodb://slow.{shop.namespace}.svc:27017/?directConnection=true")
    shop.apply(replicas=2)
    shop.wait_ready()
    with callers(shop) as told:
        slow_down(0.3)
        enough(told, seconds=60)
        assert told.failures == []
        assert course(versions) == ["Reconciling", "Ready"]
        slow_down(3)
        assert "did not answer within 1 s" in stalls(versions, "DatabaseUnreachable", NO_DATABASE)
        slow_down(0)
        heals(shop, versions)
    assert restarts(shop) == [0, 0]
    assert_told_once(versions)


def way_to_the_database(shop: Shop) -> Callable[[float], None]:
    """A Service `slow` in front of the database; what is returned sets by how many seconds its answers are late."""
    name, labels, late = "slow", {"app.kubernetes.io/name": "slow"}, "/tmp/late"  # noqa: S108 - the pod's own
    source = Path(slow_way.__file__).read_text()
    container = {
        "name": name,
        "image": images.SERVICE.name,
        "command": ["python", "-c", source, f"mongodb.{shop.namespace}.svc", "27017", late],
        "readinessProbe": {"tcpSocket": {"port": 27017}, "periodSeconds": 1},
        "securityContext": {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}},
    }
    security = {"runAsNonRoot": True, "runAsUser": 65532, "seccompProfile": {"type": "RuntimeDefault"}}
    kinds: list[tuple[str, dict[str, Any]]] = [
        ("Pod", {"containers": [container], "securityContext": security}),
        ("Service", {"selector": labels, "ports": [{"port": 27017}]}),
    ]
    for kind, spec in kinds:
        metadata = {"name": name, "labels": labels}
        manifest = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "spec": spec}
        shop("create", "--filename=-", manifest=manifest)
    shop("wait", "--for=condition=Ready", "--timeout=30s", f"pod/{name}")

    def slow_down(seconds: float) -> None:
        shop("exec", name, "--", "sh", "-c", f"echo {seconds} > {late}.new && mv {late}.new {late}")

    return slow_down


def test_credentials_that_are_refused_in_the_middle_of_a_roll_hold_it_until_the_database_takes_them(
    shop: Shop, versions: Versions
) -> None:
    with MongoClient[dict[str, Any]](shop.database_uri()) as database:
        for name in ("first", "second"):
            database.admin.command("createUser", name, pwd=f"of-{name}", roles=["root"])
        shop.connect_as("first", "of-first")
        shop.apply(replicas=2)
        shop.wait_ready()
        with callers(shop) as told:
            database.admin.command("updateUser", "second", pwd="another")  # noqa: S106
            shop("annotate", "dataservice", "orders", "dataservice.dev/restartedAt=2026-11-28T21:00:00Z")
            eventually(lambda: shop.get("deployment", "orders")["status"].get("updatedReplicas") == 1)
            shop.connect_as("second", "of-second")
            assert "of-second" not in stalls(versions, "DatabaseAuthFailed", HELD)
            enough(told)
            database.admin.command("updateUser", "second", pwd="of-second")  # noqa: S106
            heals(shop, versions)
    assert told.failures == []
    assert_told_once(versions)


FILLER = "/var/lib/dataservice/filler"


def test_a_full_disk_refuses_writes_goes_on_with_reads_and_heals_when_there_is_room(
    shop: Shop, versions: Versions, small_storage: str
) -> None:
    embedded = {"size": "1Gi", "storageClassName": small_storage}
    shop.apply(database={"mongodb": None, "embedded": embedded})
    shop.wait_ready()
    with callers(shop) as told:
        shop("exec", "deployment/orders", "--", "sh", "-c", f"cat /dev/zero > {FILLER} || true")
        eventually(lambda: told.failures)
        read = len(told.read)
        with shop.client() as client:
            refused = client.post("/data", json={"sku": "too much", "quantity": 1})
        assert refused.status_code == httpx.codes.SERVICE_UNAVAILABLE
        assert refused.json()["code"] == "store-unavailable"
        eventually(lambda: len(told.read) > read)
        shop("exec", "deployment/orders", "--", "rm", FILLER)
        enough(told)
    assert {failure.split(" for url")[0] for failure in told.failures} == {
        "HTTPStatusError: Server error '503 Service Unavailable'"
    }
    assert restarts(shop) == [0]
    assert conditions(versions[-1]) == HEALTHY
    assert course(versions) == ["Reconciling", "Ready"]


@pytest.fixture
def small_storage(cluster: Cluster, empty_shop: Shop, storage_class: str) -> Iterator[str]:
    """A StorageClass whose only volume is soon full."""
    if claimed(cluster.instance) is None:
        unavailable("needs a volume that can be made small: the test cluster without Docker")
    with volumes.small(cluster.instance, empty_shop.namespace, "8m"):
        yield storage_class


CRASHES = ("mongodb+nonsense://db", "CrashLoop", "DATASERVICE_DATABASE__MONGODB__URI")
NEVER_READY = ("mongodb://nowhere.invalid:27017/", "DatabaseUnreachable", "nowhere.invalid:27017")


@pytest.mark.parametrize(("uri", "reason", "words"), [CRASHES, NEVER_READY], ids=["crash", "never-ready"])
def test_new_pods_that_crash_or_are_never_ready_replace_none_that_serves(
    shop: Shop, versions: Versions, uri: str, reason: str, words: str
) -> None:
    shop.apply()
    shop.wait_ready()
    with callers(shop) as told:
        change_uri(shop, uri)
        assert words in stalls(versions, reason, HELD)
        enough(told)
        change_uri(shop, f"mongodb://mongodb.{shop.namespace}.svc:27017/?directConnection=true")
        heals(shop, versions)
    assert told.failures == []
    assert_told_once(versions)


def test_new_pods_that_are_slow_to_start_are_waited_for(shop: Shop, versions: Versions) -> None:
    """By a command that somebody else has put before ours, since the spec has none."""
    shop.apply()
    shop.wait_ready()
    with callers(shop) as told:
        container = {"name": "service", "command": ["sh", "-c", "sleep 15; exec python -m dataservice"]}
        patch = {"spec": {"template": {"spec": {"containers": [container]}}}}
        shop("patch", "deployment", "orders", f"--patch={json.dumps(patch)}")
        stalls(versions, "RollingOut", HELD)
        heals(shop, versions)
    assert told.failures == []
    assert_told_once(versions)


def test_pods_whose_node_tells_nothing_any_more_are_not_ready(
    cluster: Cluster, shop: Shop, versions: Versions
) -> None:
    """What they say of the database depends on what the only node still carries."""
    shop.apply()
    shop.wait_ready()
    with callers(shop):
        with stopped(cluster, "kubelet"):
            stalls(versions, "PodsNotReady", DOWN, seconds=120)
        heals(shop, versions)
    assert restarts(shop) == [0]
    assert_told_once(versions)


def test_an_image_that_is_missing_is_told_until_it_is_there(
    shop: Shop, versions: Versions, late_image: str
) -> None:
    shop.apply()
    shop.wait_ready()
    with callers(shop) as told:
        shop.apply(image=late_image)
        assert late_image in stalls(versions, "ImagePullFailed", HELD)
        enough(told)
        load.provide_as(late_image, images.SERVICE, lambda _: None)
        heals(shop, versions)
    assert told.failures == []
    assert_told_once(versions)


@pytest.fixture
def late_image(shop: Shop) -> Iterator[str]:
    """The name of an image that the node does not have yet."""
    name = "localhost/dataservice/service:late"
    yield name
    shop("delete", "dataservice", "orders")
    load.remove(name)


@contextmanager
def callers(shop: Shop) -> Iterator[Told]:
    """Applications that are served before and after; then each document that was acknowledged is there, once."""
    with under_load(shop.url(), writers=1, readers=1, pause=0.05) as told:
        enough(told)
        yield told
        enough(told)
    assert_kept(told, shop.documents())


def stalls(versions: Versions, reason: str, others: Conditions, *, seconds: float = 60) -> str:
    """Wait for a version that tells of this, and that it has taken too long; its message."""
    told = {"Ready": ("False", reason), "Reconciling": ("False", reason), "Stalled": ("True", reason)}
    expected = (told | others).items()

    def found() -> list[dict[str, Any]]:
        return [each for each in versions if expected <= conditions(each).items()]

    with suppress(AssertionError):
        eventually(found, seconds=seconds)
    assert found(), f"not told: {dict(expected)}; but: {[conditions(each) for each in versions[-3:]]}"
    known = {each["type"]: each for each in found()[0]["status"]["conditions"]}
    return str(known["Ready"]["message"])


def heals(shop: Shop, versions: Versions) -> None:
    shop.wait_ready()
    eventually(lambda: conditions(versions[-1]) == HEALTHY, seconds=10)


def conditions(version: dict[str, Any]) -> Conditions:
    known = (version.get("status") or {}).get("conditions") or ()
    return {each["type"]: (each["status"], each["reason"]) for each in known}


def course(versions: Versions) -> list[str]:
    """Which of the three that sum up was True, change by change."""
    summaries = ("Ready", "Reconciling", "Stalled")
    said = [
        kind for each in versions for kind in summaries if conditions(each).get(kind, ("", ""))[0] == "True"
    ]
    return [kind for kind, _ in groupby(said)]


def assert_told_once(versions: Versions) -> None:
    """Once ready it was in trouble, for too long, and is ready again; at no moment between was it taken for ready."""
    told = course(versions)
    assert told[:4] == ["Reconciling", "Ready", "Reconciling", "Stalled"]
    assert told[-1] == "Ready"
    assert told.count("Ready") == 2


def restarts(shop: Shop) -> list[int]:
    pods = shop.get("pod", OURS)["items"]
    return [pod["status"]["containerStatuses"][0]["restartCount"] for pod in pods]


def change_uri(shop: Shop, uri: str) -> None:
    shop("patch", "secret", "orders-mongo", f"--patch={json.dumps({'stringData': {'uri': uri}})}")
