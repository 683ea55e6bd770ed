"""Whole reconciles against an API server in memory: what a real one cannot be made to do on cue."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any, Final

import pytest

from dataservice_operator.cluster.informer import Pace
from dataservice_operator.cluster.kinds import (
    CONFIG_MAP,
    DATA_SERVICE,
    DEPLOYMENT,
    HORIZONTAL_POD_AUTOSCALER,
    INGRESS,
    POD,
    REPLICA_SET,
    SECRET,
    SERVICE,
    SERVICE_ACCOUNT,
    SERVICE_MONITOR,
    VOLUME_CLAIM,
    Kind,
)
from dataservice_operator.cluster.pods import Readiness
from dataservice_operator.errors import (
    ApiError,
    Conflict,
    Forbidden,
    LeadershipLost,
    NamespaceTerminating,
    NotFound,
    QuotaExceeded,
    Rejected,
    Unavailable,
    VolumeNotExpandable,
)
from dataservice_operator.reconcile.caches import Caches
from dataservice_operator.reconcile.metrics import Metrics
from dataservice_operator.reconcile.parents import Parents
from dataservice_operator.reconcile.reconciler import Outcome, Reconciler
from dataservice_operator.settings import Settings
from tests.operator.memory_api import MemoryApi
from tests.operator.reconcile.live import LABELS, container, raw_pod
from tests.operator.samples import EMBEDDED, KEY, SCHEMA, raw
from tests.operator.until import until

PARENT = DATA_SERVICE.path(*KEY)
CHILDREN = (SERVICE_ACCOUNT, CONFIG_MAP, SERVICE, DEPLOYMENT)


class Place:
    """A namespace with one DataService, watched and reconciled."""

    def __init__(self) -> None:
        self.api = MemoryApi()
        self.parents = Parents()
        self.caches = Caches(self.api, (), Pace(), lambda _key: None, lambda _kind, _key: None)
        self.watching = asyncio.create_task(self.caches.run())
        settings = Settings(default_image="registry.example.com/dataservice:1")
        self.reconciler = Reconciler(
            self.api, settings, self.parents, self.caches, Metrics(), self._no_answer
        )

    @staticmethod
    async def _no_answer(_ip: str, _port: int) -> Readiness | None:
        return None

    def want(self, **changes: Any) -> None:
        """Apply the DataService; the watch tells it at once."""
        live = self.api.get(PARENT)
        status = live["status"] if live else None
        self.parents.put(self.api.put(PARENT, raw(status=status, **changes)))

    def put(self, kind: Kind, name: str, body: dict[str, Any], **metadata: Any) -> dict[str, Any]:
        metadata = {"name": name, "namespace": "shop", "uid": f"uid-{name}", **metadata}
        manifest = {"apiVersion": kind.api_version, "kind": kind.name, "metadata": metadata, **body}
        return self.api.put(kind.path("shop", name), manifest)

    def put_secret(self) -> None:
        self.put(SECRET, "orders-mongo", {"data": {"uri": base64.b64encode(b"mongodb://x").decode()}})

    def settle(self) -> None:
        """What the Deployment controller and the kubelet do."""
        live = self.child(DEPLOYMENT)
        wanted = live["spec"].get("replicas", 1)
        counts = ("replicas", "updatedReplicas", "readyReplicas", "availableReplicas")
        rolled = {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"}
        observed = {"observedGeneration": live["metadata"]["generation"], "conditions": [rolled]}
        self.api.put(DEPLOYMENT.path(*KEY), {**live, "status": {**dict.fromkeys(counts, wanted), **observed}})
        for number in range(wanted):
            ready = raw_pod(conditions=[{"type": "Ready", "status": "True"}])
            self.put(
                POD,
                f"orders-{number}",
                {"spec": ready["spec"], "status": ready["status"]},
                labels=LABELS,
            )

    async def reconcile(self) -> Outcome:
        """Once all that has happened was seen."""
        await until(lambda: self.api.told() or self.watching.done())
        assert not self.watching.done(), self.watching.exception()
        self.api.requests.clear()
        return await self.reconciler.reconcile(KEY)

    def child(self, kind: Kind, name: str = "orders") -> dict[str, Any]:
        found = self.api.get(kind.path("shop", name))
        assert found is not None, f"there is no {kind.name} {name}"
        return found

    def condition(self, kind: str = "Ready") -> tuple[str, str]:
        live = self.api.get(PARENT)
        assert live is not None
        found = next(each for each in live["status"]["conditions"] if each["type"] == kind)
        return found["status"], found["reason"]

    def message(self) -> str:
        live = self.api.get(PARENT)
        assert live is not None
        text: str = next(e["message"] for e in live["status"]["conditions"] if e["type"] == "Ready")
        return text

    def config_maps(self) -> set[str]:
        found = self.api.under(CONFIG_MAP.path("shop"))
        return {each["metadata"]["name"] for each in found}


@pytest.fixture
async def place() -> AsyncIterator[Place]:
    made = Place()
    await until(lambda: made.api.watched() == len(made.caches.heard()))
    yield made
    made.watching.cancel()
    await asyncio.gather(made.watching, return_exceptions=True)


@pytest.fixture
async def ready(place: Place) -> Place:
    """A DataService that is up."""
    place.put_secret()
    place.want()
    await place.reconcile()
    place.settle()
    await place.reconcile()
    assert place.condition() == ("True", "PodsReady")
    return place


async def test_one_reconcile_makes_every_child_and_tells_what_it_waits_for(place: Place) -> None:
    place.put_secret()
    place.want()
    await place.reconcile()
    for kind in (SERVICE_ACCOUNT, SERVICE, DEPLOYMENT):
        place.child(kind)
    assert len(place.config_maps()) == 1
    assert len(base64.b64decode(place.child(SECRET, "orders-cursor")["data"]["key"])) == 32
    assert place.condition() == ("False", "RollingOut")


async def test_at_rest_nothing_is_written(ready: Place) -> None:
    outcome = await ready.reconcile()
    assert ready.api.written() == []
    assert not outcome.retry


async def test_while_it_waits_nothing_is_written_either(place: Place) -> None:
    place.want()
    await place.reconcile()
    assert place.condition() == ("False", "SecretNotFound")
    outcome = await place.reconcile()
    assert place.api.written() == []
    assert not outcome.retry
    assert outcome.after is not None


async def test_a_child_that_was_deleted_is_made_again(ready: Place) -> None:
    ready.api.drop(SERVICE.path(*KEY))
    await ready.reconcile()
    ready.child(SERVICE)


async def test_a_child_that_was_edited_is_repaired_and_no_other_is_written(ready: Place) -> None:
    edited = ready.child(SERVICE)
    edited["spec"]["ports"] = []
    ready.api.put(SERVICE.path(*KEY), edited)
    await ready.reconcile()
    assert ready.child(SERVICE)["spec"]["ports"]
    assert ready.api.written() == [f"PATCH {SERVICE.path(*KEY)}"]


class TestFailures:
    @pytest.mark.parametrize(
        ("error", "reason", "stalled"),
        [
            pytest.param(Rejected(422, "Invalid", "ports: must be..."), "Rejected", "True", id="rejected"),
            pytest.param(Forbidden(403, "Forbidden", "cannot"), "Forbidden", "False", id="no right"),
            pytest.param(
                QuotaExceeded(403, "Forbidden", "exceeded quota: small"),
                "QuotaExceeded",
                "False",
                id="quota",
            ),
            pytest.param(Unavailable(500, "", "no quorum"), "ApiServerError", "False", id="server"),
        ],
    )
    async def test_one_child_that_fails_does_not_stop_the_others(
        self, place: Place, error: Exception, reason: str, stalled: str
    ) -> None:
        place.put_secret()
        place.want()
        place.api.refuse["PATCH", "services/orders"] = error
        outcome = await place.reconcile()
        for kind in (SERVICE_ACCOUNT, DEPLOYMENT):
            place.child(kind)
        assert place.condition() == ("False", reason)
        assert place.condition("Stalled")[0] == stalled
        assert outcome.retry

    async def test_it_heals_when_the_failure_does(self, ready: Place) -> None:
        ready.api.drop(SERVICE.path(*KEY))
        ready.api.refuse["PATCH", "services/orders"] = QuotaExceeded(403, "", "exceeded quota: small")
        await ready.reconcile()
        assert ready.condition() == ("False", "QuotaExceeded")
        ready.api.refuse.clear()
        await ready.reconcile()
        assert ready.condition() == ("True", "PodsReady")

    async def test_lost_leadership_ends_it_there(self, place: Place) -> None:
        place.want()
        place.api.refuse["PATCH", "services/orders"] = LeadershipLost("not renewed")
        with pytest.raises(LeadershipLost):
            await place.reconcile()
        assert place.api.get(DEPLOYMENT.path(*KEY)) is None
        assert not any(write.endswith("/status") for write in place.api.written())

    async def test_a_status_that_cannot_be_written_is_an_error(self, place: Place) -> None:
        place.want()
        place.api.refuse["PATCH", "/status"] = Unavailable(503, "", "away")
        with pytest.raises(Unavailable):
            await place.reconcile()

    async def test_an_event_that_cannot_be_written_is_not(self, place: Place) -> None:
        place.want()
        place.api.refuse["POST", "/events"] = Forbidden(403, "", "no right")
        await place.reconcile()
        assert place.condition() == ("False", "SecretNotFound")


class TestUnwatched:
    """Kinds of which the operator does not know what is live."""

    async def refuse(self, place: Place, kind: Kind, error: ApiError) -> None:
        """From now on the kind can be neither listed nor watched."""
        watches = len(place.caches.heard())
        blocked = [each for each in place.caches.heard() if each.startswith(kind.plural)]
        for method in ("GET", "WATCH"):
            place.api.refuse[method, f"/{kind.plural}"] = error
        place.api.break_watches()
        informers = place.caches._all[kind]
        await until(lambda: informers.obstacle("shop"))
        await until(lambda: place.api.watched() == watches - len(blocked))

    @pytest.mark.parametrize("kind", [SERVICE, CONFIG_MAP, DEPLOYMENT, SECRET], ids=lambda kind: kind.plural)
    async def test_nothing_is_written_of_a_kind_that_may_not_be_watched(
        self, ready: Place, kind: Kind
    ) -> None:
        await self.refuse(ready, kind, Forbidden(403, "Forbidden", f"cannot list {kind.plural}"))
        ready.want(generation=2, service={"port": 81}, config={"A": "b"}, data={"schema": SCHEMA})
        outcome = await ready.reconcile()
        assert not [write for write in ready.api.written() if f"/{kind.plural}" in write]
        assert ready.condition() == ("False", "Forbidden")
        assert f"cannot list {kind.plural}" in ready.message()
        assert not outcome.retry, "the watch tells when the right comes"

    async def test_a_secret_that_may_not_be_watched_is_not_missing_and_rolls_nothing(
        self, ready: Place
    ) -> None:
        before = ready.child(DEPLOYMENT)["spec"]
        await self.refuse(ready, SECRET, Forbidden(403, "Forbidden", "cannot list secrets"))
        await ready.reconcile()
        assert ready.child(DEPLOYMENT)["spec"] == before

    async def test_a_secret_that_may_not_be_read_is_told(self, place: Place) -> None:
        place.put_secret()
        place.want()
        place.api.refuse["GET", "/secrets/orders-mongo"] = Forbidden(403, "Forbidden", "cannot get secrets")
        assert (await place.reconcile()).retry
        assert place.condition() == ("False", "Forbidden")
        assert "cannot get secrets" in place.message()

    async def test_an_optional_kind_concerns_only_who_asks_for_it(self, ready: Place) -> None:
        await self.refuse(ready, INGRESS, Forbidden(403, "Forbidden", "cannot list ingresses"))
        await ready.reconcile()
        assert ready.condition() == ("True", "PodsReady")
        ready.want(generation=2, ingress={"host": "orders.example.com"})
        await ready.reconcile()
        assert ready.condition() == ("False", "Forbidden")
        assert ready.api.get(INGRESS.path(*KEY)) is None

    async def test_what_is_remembered_of_one_is_not_removed_either(self, ready: Place) -> None:
        ready.want(generation=2, ingress={"host": "orders.example.com"})
        await ready.reconcile()
        await self.refuse(ready, INGRESS, Forbidden(403, "Forbidden", "cannot list ingresses"))
        ready.want(generation=3)
        await ready.reconcile()
        ready.child(INGRESS)

    async def test_pods_that_may_not_be_watched_leave_the_database_unknown(self, ready: Place) -> None:
        await self.refuse(ready, POD, Forbidden(403, "Forbidden", "cannot list pods"))
        await ready.reconcile()
        assert ready.condition("DatabaseReachable") == ("Unknown", "Forbidden")
        assert ready.condition() == ("True", "PodsReady")

    async def test_a_cause_that_pods_had_when_they_were_last_seen_is_not_told_for_ever(
        self, ready: Place
    ) -> None:
        live = ready.child(DEPLOYMENT)
        ready.api.put(DEPLOYMENT.path(*KEY), {**live, "status": {**live["status"], "availableReplicas": 0}})
        ready.api.put(
            POD.path("shop", "orders-7f-a"),
            raw_pod(containerStatuses=container({"waiting": {"reason": "ImagePullBackOff"}})),
        )
        await ready.reconcile()
        assert ready.condition() == ("False", "ImagePullFailed")
        await self.refuse(ready, POD, Forbidden(403, "Forbidden", "cannot list pods"))
        await ready.reconcile()
        assert ready.condition() == ("False", "PodsNotReady")

    async def test_of_a_kind_that_the_cluster_does_not_have_nothing_is_tried(self, ready: Place) -> None:
        await self.refuse(ready, SERVICE_MONITOR, NotFound(404, "NotFound", "no such kind"))
        ready.want(generation=2, monitoring={"serviceMonitor": True})
        outcome = await ready.reconcile()
        assert not [write for write in ready.api.written() if "/servicemonitors" in write]
        assert ready.condition() == ("True", "PodsReady")
        assert "no ServiceMonitor is made" in ready.message()
        assert not outcome.retry


class TestGoingAway:
    """The watch has lost a deletion."""

    async def test_for_one_that_is_gone_nothing_is_made_again(self, ready: Place) -> None:
        ready.api.drop(PARENT)
        self.collect(ready)
        assert await ready.reconcile() == Outcome()
        assert ready.api.written() == []
        assert KEY not in ready.parents

    async def test_for_one_that_is_another_by_now_nothing_is_made_again(self, ready: Place) -> None:
        another = raw()
        another["metadata"]["uid"] = "another"
        ready.api.put(PARENT, another)
        self.collect(ready)
        assert await ready.reconcile() == Outcome()
        assert ready.api.written() == []

    @pytest.mark.parametrize("told", [True, False])
    async def test_for_one_that_is_being_deleted_nothing_is_made_again(
        self, ready: Place, *, told: bool
    ) -> None:
        leaving = raw()
        leaving["metadata"]["deletionTimestamp"] = "2026-05-01T12:00:00Z"
        stored = ready.api.put(PARENT, leaving)
        self.collect(ready)
        if told:
            ready.parents.put(stored)
        assert await ready.reconcile() == Outcome()
        assert ready.api.written() == []

    async def test_one_that_is_gone_before_its_first_status_is_made_for_once(self, place: Place) -> None:
        """The answer to the status tells: children are collected, and are not made again when a watch tells so."""
        place.want()
        place.api.drop(PARENT)
        assert await place.reconcile() == Outcome()
        assert place.api.written()[-1] == f"PATCH {PARENT}/status"
        self.collect(place)
        assert await place.reconcile() == Outcome()
        assert place.api.written() == []

    async def test_whether_it_still_exists_is_asked_once_and_only_before_creating(self, ready: Place) -> None:
        self.collect(ready)
        await ready.reconcile()
        assert [each.path for each in ready.api.requests].count(PARENT) == 1
        await ready.reconcile()
        assert [each.path for each in ready.api.requests].count(PARENT) == 0

    async def test_where_a_status_must_be_written_it_is_not_asked(self, place: Place) -> None:
        place.put_secret()
        place.want()
        await place.reconcile()
        assert place.child(DEPLOYMENT)
        assert [each.path for each in place.api.requests].count(PARENT) == 0

    @staticmethod
    def collect(place: Place) -> None:
        """What the garbage collector does."""
        for kind in CHILDREN:
            for each in place.api.under(kind.path("shop")):
                place.api.drop(kind.path("shop", each["metadata"]["name"]))

    async def test_in_a_namespace_that_ends_nothing_is_tried_again(self, place: Place) -> None:
        place.want()
        place.api.refuse["PATCH", "/serviceaccounts/orders"] = NamespaceTerminating(
            403, "Forbidden", "terminated"
        )
        assert await place.reconcile() == Outcome()
        assert place.api.written() == [f"PATCH {SERVICE_ACCOUNT.path(*KEY)}"]


class TestOwnership:
    async def test_an_object_of_someone_else_is_left_alone(self, place: Place) -> None:
        place.put_secret()
        place.want()
        stranger = place.put(SERVICE, "orders", {"spec": {"ports": ["mine"]}})
        outcome = await place.reconcile()
        assert place.child(SERVICE) == stranger
        assert place.condition() == ("False", "NotOwned")
        assert place.condition("Stalled")[0] == "True"
        assert (outcome.retry, outcome.after) == (False, 10)

    async def test_the_message_says_how_to_hand_it_over_and_that_works(self, place: Place) -> None:
        place.put_secret()
        place.want()
        place.put(SERVICE, "orders", {"spec": {}})
        await place.reconcile()
        assert "kubectl annotate -n shop services orders dataservice.dev/owner=orders" in place.message()
        place.put(SERVICE, "orders", {"spec": {}}, annotations={"dataservice.dev/owner": "orders"})
        await place.reconcile()
        assert place.child(SERVICE)["spec"]["ports"]
        assert place.condition() != ("False", "NotOwned")

    async def test_a_child_of_a_deleted_namesake_is_waited_for_and_not_edited(self, ready: Place) -> None:
        """The garbage collector is about to take it: an edit would not keep it."""
        left = ready.child(SERVICE)
        left["metadata"]["ownerReferences"][0]["uid"] = "the one before"
        before = ready.api.put(SERVICE.path(*KEY), left)
        await ready.reconcile()
        assert ready.child(SERVICE) == before
        assert ready.condition() == ("False", "ChildTerminating")
        ready.api.drop(SERVICE.path(*KEY))
        await ready.reconcile()
        assert ready.condition() == ("True", "PodsReady")

    async def test_a_child_that_lost_its_labels_is_found_and_repaired(self, ready: Place) -> None:
        """No watch shows it any more: creating it is a conflict."""
        stripped = ready.child(SERVICE)
        del stripped["metadata"]["labels"]
        del stripped["metadata"]["managedFields"][0]["fieldsV1"]["f:metadata"]["f:labels"]
        ready.api.put(SERVICE.path(*KEY), stripped)
        await until(ready.api.told)
        ready.caches.children[SERVICE]._set(KEY, None)
        await ready.reconcile()
        assert ready.child(SERVICE)["metadata"]["labels"] == LABELS


class TestCursorKey:
    async def test_it_is_made_once_and_stays(self, ready: Place) -> None:
        before = ready.child(SECRET, "orders-cursor")
        await ready.reconcile()
        assert ready.child(SECRET, "orders-cursor") == before

    async def test_one_that_the_watch_has_not_told_yet_is_not_replaced(self, ready: Place) -> None:
        before = ready.child(SECRET, "orders-cursor")
        ready.caches.secrets._set(("shop", "orders-cursor"), None)
        await ready.reconciler.reconcile(KEY)
        assert ready.child(SECRET, "orders-cursor") == before
        assert ready.condition() == ("True", "PodsReady")

    async def test_a_strangers_secret_of_that_name_is_not_taken_for_it(self, place: Place) -> None:
        place.put(SECRET, "orders-cursor", {"data": {"theirs": "eA=="}})
        place.put_secret()
        place.want()
        await place.reconcile()
        assert place.condition("Stalled") == ("True", "NotOwned")
        assert "secrets orders-cursor dataservice.dev/owner=orders" in place.message()
        assert place.child(SERVICE)
        assert place.api.get(DEPLOYMENT.path(*KEY)) is None, "its pods would mount the stranger's Secret"

    @pytest.mark.parametrize("refused", [("POST", "/secrets"), ("PATCH", "/serviceaccounts/orders")])
    async def test_pods_wait_for_the_first_and_are_not_replaced_when_it_is_there(
        self, place: Place, refused: tuple[str, str]
    ) -> None:
        place.put_secret()
        place.want()
        place.api.refuse[refused] = Unavailable(500, "InternalError", "planned")
        await place.reconcile()
        assert place.condition() == ("False", "ApiServerError")
        assert place.child(SERVICE)
        place.api.refuse.clear()
        await place.reconcile()
        assert place.child(DEPLOYMENT)["metadata"]["generation"] == 1
        key = place.child(SECRET, "orders-cursor")["metadata"]["uid"]
        template = place.child(DEPLOYMENT)["spec"]["template"]
        assert template["metadata"]["annotations"]["dataservice.dev/cursor-key"] == key

    async def test_one_that_lost_its_labels_is_ours_all_the_same(self, ready: Place) -> None:
        bare = ready.child(SECRET, "orders-cursor")
        bare["metadata"].pop("labels")
        ready.api.put(SECRET.path("shop", "orders-cursor"), bare)
        before = ready.child(DEPLOYMENT)
        await ready.reconcile()
        assert ready.condition() == ("True", "PodsReady")
        assert ready.child(DEPLOYMENT) == before


class TestSecret:
    async def test_one_that_vanishes_is_told_and_leaves_the_pods_as_they_are(self, ready: Place) -> None:
        before = ready.child(DEPLOYMENT)["spec"]
        ready.api.drop(SECRET.path("shop", "orders-mongo"))
        await ready.reconcile()
        assert ready.condition() == ("False", "SecretNotFound")
        assert ready.child(DEPLOYMENT)["spec"] == before

    async def test_one_that_changes_rolls_the_pods(self, ready: Place) -> None:
        before = ready.child(DEPLOYMENT)["spec"]["template"]
        ready.put(SECRET, "orders-mongo", {"data": {"uri": base64.b64encode(b"mongodb://y").decode()}})
        await ready.reconcile()
        assert ready.child(DEPLOYMENT)["spec"]["template"] != before
        assert ready.condition() == ("False", "RollingOut")


class TestEmbedded:
    async def test_it_waits_for_no_secret_of_anyone(self, place: Place) -> None:
        place.want(**EMBEDDED)
        await place.reconcile()
        place.settle()
        await place.reconcile()
        assert place.condition() == ("True", "PodsReady")
        annotations = place.child(DEPLOYMENT)["spec"]["template"]["metadata"]["annotations"]
        assert "dataservice.dev/secret-hash" not in annotations

    async def test_a_volume_that_cannot_grow_may_still_do_so(self, place: Place) -> None:
        place.want(**EMBEDDED)
        place.api.refuse["PATCH", "/orders-data"] = VolumeNotExpandable(403, "Forbidden", "cannot be")
        outcome = await place.reconcile()
        assert place.condition() == ("False", "VolumeNotExpandable")
        assert place.condition("Stalled")[0] == "False"
        assert outcome.retry

    async def test_its_volume_claim_is_not_removed_when_it_is_wanted_no_more(self, place: Place) -> None:
        place.want(**EMBEDDED)
        await place.reconcile()
        place.put_secret()
        place.want(generation=2)
        await place.reconcile()
        place.child(VOLUME_CLAIM, "orders-data")


class TestKeysSecret:
    API: Final = {"auth": {"mode": "APIKey", "keysSecret": {"name": "orders-keys"}}}

    async def test_a_missing_one_is_told_and_the_children_are_there_for_when_it_appears(
        self, place: Place
    ) -> None:
        place.put_secret()
        place.want(api=self.API)
        outcome = await place.reconcile()
        assert place.condition() == ("False", "KeysSecretNotFound")
        assert "'orders-keys'" in place.message()
        assert not outcome.retry
        before = place.child(DEPLOYMENT)["spec"]
        place.put(SECRET, "orders-keys", {"data": {}})
        await place.reconcile()
        assert place.condition() == ("False", "RollingOut")
        assert place.child(DEPLOYMENT)["spec"] == before

    async def test_it_is_not_read_and_its_change_writes_nothing(self, ready: Place) -> None:
        ready.put(SECRET, "orders-keys", {"data": {}})
        ready.want(generation=2, api=self.API)
        await ready.reconcile()
        ready.settle()
        await ready.reconcile()
        ready.put(SECRET, "orders-keys", {"data": {"till": "c2hhMjU2"}})
        await ready.reconcile()
        assert ready.api.requests == []


class TestSchemaFrom:
    """The schema in a ConfigMap of the user's."""

    FROM: Final = {"schemaFrom": {"configMap": {"name": "orders-schema", "key": "schema.json"}}}

    @staticmethod
    def write(place: Place, text: str, **others: str) -> None:
        place.put(CONFIG_MAP, "orders-schema", {"data": {"schema.json": text, **others}})

    @pytest.fixture
    async def fed(self, ready: Place) -> Place:
        """A DataService that is up with a schema of a ConfigMap."""
        self.write(ready, json.dumps(SCHEMA))
        ready.want(generation=2, data=self.FROM)
        await ready.reconcile()
        ready.settle()
        await ready.reconcile()
        assert ready.condition() == ("True", "PodsReady")
        return ready

    @staticmethod
    def template(place: Place) -> dict[str, Any]:
        template: dict[str, Any] = place.child(DEPLOYMENT)["spec"]["template"]
        return template

    async def test_the_pods_get_a_copy_that_nobody_edits(self, fed: Place) -> None:
        (name,) = fed.config_maps() - {"orders-schema"}
        copy = fed.child(CONFIG_MAP, name)
        assert json.loads(copy["data"]["schema.json"]) == SCHEMA
        assert copy["immutable"] is True

    async def test_at_rest_nothing_is_written_and_nothing_is_read(self, fed: Place) -> None:
        await fed.reconcile()
        assert fed.api.requests == []

    async def test_another_content_rolls_the_pods(self, fed: Place) -> None:
        before = self.template(fed)
        self.write(fed, '{"type": "object"}')
        await fed.reconcile()
        assert self.template(fed) != before
        assert fed.condition() == ("False", "RollingOut")

    async def test_another_key_costs_one_read_and_no_write(self, fed: Place) -> None:
        self.write(fed, json.dumps(SCHEMA), note="mine")
        await fed.reconcile()
        assert [each.method for each in fed.api.requests] == ["GET"]

    async def test_while_it_is_gone_the_children_stay_and_it_heals_when_it_is_back(self, fed: Place) -> None:
        before = fed.child(DEPLOYMENT)["spec"]
        fed.api.drop(CONFIG_MAP.path("shop", "orders-schema"))
        outcome = await fed.reconcile()
        assert fed.condition() == ("False", "ConfigMapNotFound")
        assert fed.condition("Reconciling")[0] == "True"
        assert fed.condition("Available")[0] == "True"
        assert not outcome.retry
        assert fed.child(DEPLOYMENT)["spec"] == before
        self.write(fed, json.dumps(SCHEMA))
        await fed.reconcile()
        assert fed.condition() == ("True", "PodsReady")

    async def test_an_invalid_one_stalls_and_heals_when_it_is_corrected(self, fed: Place) -> None:
        before = fed.child(DEPLOYMENT)["spec"]
        self.write(fed, "type: object")
        await fed.reconcile()
        assert fed.condition() == ("False", "InvalidSchema")
        assert fed.condition("Stalled")[0] == "True"
        assert fed.child(DEPLOYMENT)["spec"] == before
        self.write(fed, json.dumps(SCHEMA))
        await fed.reconcile()
        assert fed.condition() == ("True", "PodsReady")

    async def test_indexes_are_judged_by_it(self, fed: Place) -> None:
        fed.want(generation=3, data={**self.FROM, "indexes": [{"fields": ["colour"], "unique": True}]})
        await fed.reconcile()
        assert fed.condition() == ("False", "IndexFieldNotRequired")

    async def test_to_write_the_same_schema_into_the_resource_rolls_nothing(self, fed: Place) -> None:
        before = self.template(fed)
        fed.want(generation=3, data={"schema": SCHEMA})
        await fed.reconcile()
        assert self.template(fed) == before

    async def test_its_text_is_forgotten_with_the_resource(self, fed: Place) -> None:
        fed.parents.drop(KEY)
        await fed.reconcile()
        assert not fed.reconciler._reader._schemas._known


class TestRefusedSpec:
    async def test_an_invalid_schema_leaves_the_pods_that_serve(self, ready: Place) -> None:
        ready.want(generation=2, data={"schema": {"type": "objec"}})
        await ready.reconcile()
        assert ready.condition() == ("False", "InvalidSchema")
        assert ready.condition("Stalled")[0] == "True"
        assert ready.condition("Available")[0] == "True"
        assert ready.api.written()[0] == f"PATCH {PARENT}/status"
        assert not any("deployments" in write or "configmaps" in write for write in ready.api.written())

    async def test_a_spec_of_a_newer_version_is_told_by_its_field(self, ready: Place) -> None:
        ready.want(generation=2, teleport={"enabled": True})
        await ready.reconcile()
        assert ready.condition() == ("False", "InvalidSpec")
        assert "/spec/teleport" in ready.message()
        live = ready.api.get(PARENT)
        assert live is not None
        assert live["status"]["observedGeneration"] == 2

    async def test_it_heals_by_an_edit(self, ready: Place) -> None:
        ready.want(generation=2, data={"schema": {"type": "objec"}})
        await ready.reconcile()
        ready.want(generation=3)
        await ready.reconcile()
        assert ready.condition() == ("True", "PodsReady")


class TestPruning:
    async def test_an_autoscaler_that_is_not_wanted_any_more_is_removed(self, ready: Place) -> None:
        ready.want(generation=2, autoscaling={"maxReplicas": 3})
        await ready.reconcile()
        ready.child(HORIZONTAL_POD_AUTOSCALER)
        ready.want(generation=3)
        await ready.reconcile()
        assert ready.api.get(HORIZONTAL_POD_AUTOSCALER.path(*KEY)) is None

    async def test_an_old_config_map_stays_while_a_replica_set_names_it(self, ready: Place) -> None:
        (old,) = ready.config_maps()
        volumes = [{"name": "config", "configMap": {"name": old}}, {"name": "tmp", "emptyDir": {}}]
        body = {"spec": {"template": {"spec": {"volumes": volumes}}}}
        ready.put(REPLICA_SET, "orders-7f", body, labels=LABELS)
        ready.want(generation=2, data={"schema": SCHEMA})
        await ready.reconcile()
        ready.settle()
        await ready.reconcile()
        assert old in ready.config_maps()
        assert len(ready.config_maps()) == 2
        ready.api.drop(REPLICA_SET.path("shop", "orders-7f"))
        await ready.reconcile()
        assert len(ready.config_maps()) == 1
        assert old not in ready.config_maps()

    async def test_which_config_maps_are_in_use_is_asked_once_a_roll(self, ready: Place) -> None:
        (old,) = ready.config_maps()
        volumes = [{"name": "config", "configMap": {"name": old}}]
        body = {"spec": {"template": {"spec": {"volumes": volumes}}}}
        ready.put(REPLICA_SET, "orders-7f", body, labels=LABELS)
        ready.want(generation=2, data={"schema": SCHEMA})
        await ready.reconcile()
        ready.settle()
        assert await self.asked_at_revision("2", ready) == 1
        assert await self.asked_at_revision("2", ready) == 0
        ready.api.drop(REPLICA_SET.path("shop", "orders-7f"))
        assert await self.asked_at_revision("3", ready) == 1
        assert old not in ready.config_maps()

    @staticmethod
    async def asked_at_revision(revision: str, place: Place) -> int:
        """How often ReplicaSets were listed in a reconcile after the Deployment's controller has rolled so often."""
        await until(place.api.told)
        live = place.caches.deployments.get(KEY)
        assert live is not None
        place.caches.deployments._put(KEY, replace(live, revision=revision))
        place.api.requests.clear()
        await place.reconciler.reconcile(KEY)
        return [each.path for each in place.api.requests].count(REPLICA_SET.path("shop"))

    async def test_an_old_config_map_stays_while_the_pods_roll(self, ready: Place) -> None:
        (old,) = ready.config_maps()
        ready.want(generation=2, data={"schema": SCHEMA})
        await ready.reconcile()
        await ready.reconcile()
        assert old in ready.config_maps()


class TestSuspended:
    async def test_nothing_is_written_to_a_child_and_what_is_not_applied_is_never_shown_as_ready(
        self, ready: Place
    ) -> None:
        ready.want(generation=2, suspend=True, replicas=3, autoscaling={"maxReplicas": 3})
        await ready.reconcile()
        assert ready.api.written() == [
            f"PATCH {PARENT}/status",
            "POST /apis/events.k8s.io/v1/namespaces/shop/events",
        ]
        assert ready.condition("Suspended") == ("True", "Suspended")
        assert ready.condition() == ("False", "Suspended")
        assert ready.condition("Stalled") == ("True", "Suspended")
        assert "Deployment 'orders'" in ready.message()

    async def test_what_is_as_the_spec_asks_stays_ready(self, ready: Place) -> None:
        ready.want(generation=2, suspend=True)
        await ready.reconcile()
        assert ready.condition() == ("True", "PodsReady")
        assert ready.condition("Suspended") == ("True", "Suspended")

    async def test_a_child_that_is_not_asked_for_any_more_is_not_removed(self, ready: Place) -> None:
        ready.want(generation=2, autoscaling={"maxReplicas": 3})
        await ready.reconcile()
        ready.want(generation=3, suspend=True, replicas=1)
        await ready.reconcile()
        ready.child(HORIZONTAL_POD_AUTOSCALER)
        assert ready.condition() == ("False", "Suspended")

    async def test_one_that_is_suspended_from_the_start_has_no_child(self, place: Place) -> None:
        place.put_secret()
        place.want(suspend=True)
        await place.reconcile()
        assert place.condition() == ("False", "Suspended")
        assert [
            each for each in place.api.written() if "dataservices" not in each and "events" not in each
        ] == []

    async def test_it_goes_on_where_it_was_when_it_is_not_suspended_any_more(self, ready: Place) -> None:
        ready.want(generation=2, suspend=True, replicas=3)
        await ready.reconcile()
        ready.want(generation=3, replicas=3)
        await ready.reconcile()
        ready.settle()
        await ready.reconcile()
        assert ready.child(DEPLOYMENT)["spec"]["replicas"] == 3
        assert ready.condition() == ("True", "PodsReady")
        assert ready.condition("Suspended") == ("False", "Active")


class TestEvents:
    @staticmethod
    def said(place: Place) -> list[tuple[str, str]]:
        bodies = [each.body for each in place.api.requests if each.path.endswith("/events")]
        return [(body["type"], body["reason"]) for body in bodies if body]

    async def test_a_turn_is_said_once(self, place: Place) -> None:
        place.want()
        await place.reconcile()
        assert self.said(place) == [("Warning", "SecretNotFound")]
        await place.reconcile()
        assert self.said(place) == []

    async def test_being_on_the_way_is_not_worth_an_event_but_arriving_is(self, place: Place) -> None:
        place.put_secret()
        place.want()
        await place.reconcile()
        assert self.said(place) == []
        place.settle()
        await place.reconcile()
        assert self.said(place) == [("Normal", "PodsReady")]

    async def test_what_does_not_heal_in_its_time_is_said_once_more(self, place: Place) -> None:
        place.want()
        await place.reconcile()
        live = place.api.get(PARENT)
        assert live is not None
        for condition in live["status"]["conditions"]:
            condition["lastTransitionTime"] = "2020-01-01T00:00:00Z"
        place.parents.put(place.api.put(PARENT, live))
        await place.reconcile()
        assert place.condition("Stalled") == ("True", "SecretNotFound")
        assert self.said(place) == [("Warning", "ProgressDeadlineExceeded")]
        await place.reconcile()
        assert self.said(place) == []


async def test_conditions_of_others_in_the_status_do_not_make_it_be_written_again(ready: Place) -> None:
    live = ready.api.get(PARENT)
    assert live is not None
    audited = {**live["status"]["conditions"][0], "type": "Audited"}
    live["status"]["conditions"].append(audited)
    live["status"]["shards"] = 4
    ready.parents.put(ready.api.put(PARENT, live))
    await ready.reconcile()
    assert ready.api.written() == []


async def test_a_default_image_once_taken_stays_when_the_operators_default_moves(ready: Place) -> None:
    settings = Settings(default_image="registry.example.com/dataservice:2")
    upgraded = Reconciler(ready.api, settings, ready.parents, ready.caches, Metrics(), ready._no_answer)
    ready.api.requests.clear()
    await upgraded.reconcile(KEY)
    assert ready.api.written() == []
    ready.want(annotations={"dataservice.dev/upgrade": "now"})
    await upgraded.reconcile(KEY)
    (container,) = ready.child(DEPLOYMENT)["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "registry.example.com/dataservice:2"


async def test_a_conflict_with_another_writer_is_no_failure_of_the_resource(place: Place) -> None:
    place.want()
    place.api.refuse["PATCH", "/status"] = Conflict(409, "Conflict", "uid mismatch")
    assert await place.reconcile() == Outcome(retry=True)


@pytest.mark.parametrize("kind", [DEPLOYMENT, SERVICE])
async def test_a_child_that_somebody_wrote_meanwhile_is_not_touched_but_looked_at_again(
    ready: Place, kind: Kind
) -> None:
    """As a late write finds it, from a leader that was followed by another while it stood still."""
    ready.api.break_watches(Unavailable(0, "NoAnswer", "the network stands still"))
    live = ready.child(kind)
    newer = ready.api.put(kind.path(*KEY), live)
    ready.want(config={"A": "b"}, service={"port": 81})
    status = ready.api.get(PARENT)
    assert await ready.reconcile() == Outcome(retry=True)
    assert ready.child(kind) == newer
    assert ready.api.get(PARENT) == status


async def test_a_status_decided_on_an_older_spec_is_not_written_over_a_newer_one(place: Place) -> None:
    place.want()
    older = place.parents.get(KEY)
    assert older
    newer = place.api.put(PARENT, {**older, "spec": {**older["spec"], "replicas": 2}})
    assert await place.reconcile() == Outcome(retry=True)
    assert place.api.get(PARENT) == newer
