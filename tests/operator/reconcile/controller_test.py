"""The loop: what makes a DataService be looked at, and what ends it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from dataservice_operator.cluster.kinds import (
    CONFIG_MAP,
    DATA_SERVICE,
    DEPLOYMENT,
    SECRET,
    SERVICE,
    SERVICE_MONITOR,
)
from dataservice_operator.errors import Forbidden, LeadershipLost, NotFound
from dataservice_operator.reconcile.controller import Controller
from dataservice_operator.settings import Settings
from tests.operator.memory_api import MemoryApi
from tests.operator.samples import KEY, raw
from tests.operator.until import until


@pytest.fixture
def api() -> MemoryApi:
    return MemoryApi()


@asynccontextmanager
async def running(api: MemoryApi, **settings: Any) -> AsyncIterator[Controller]:
    controller = Controller(Settings(**{"workers": 2, **settings}), api, None)
    task = asyncio.create_task(controller.run())
    await until(lambda: api.watched() == len(controller._caches.heard()))
    yield controller
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def applied(api: MemoryApi, name: str = "orders", **spec: Any) -> dict[str, Any]:
    return api.put(DATA_SERVICE.path("shop", name), raw(name=name, **spec))


def reason(api: MemoryApi, name: str = "orders") -> str | None:
    live = api.get(DATA_SERVICE.path("shop", name))
    conditions = live["status"].get("conditions", []) if live else []
    return next((each["reason"] for each in conditions if each["type"] == "Ready"), None)


async def test_an_event_makes_the_children(api: MemoryApi) -> None:
    async with running(api) as controller:
        controller.observe("ADDED", applied(api))
        await until(lambda: api.get(DEPLOYMENT.path(*KEY)))


async def test_what_was_there_before_the_watch_is_reconciled_too(api: MemoryApi) -> None:
    async with running(api) as controller:
        controller.observe(None, applied(api))
        await until(lambda: api.get(DEPLOYMENT.path(*KEY)))


async def test_a_deleted_child_is_made_again_by_its_event(api: MemoryApi) -> None:
    async with running(api) as controller:
        controller.observe("ADDED", applied(api))
        await until(lambda: reason(api))
        api.drop(SERVICE.path(*KEY))
        await until(lambda: api.get(SERVICE.path(*KEY)))


async def test_a_secret_that_appears_is_noticed_by_those_that_refer_to_it(api: MemoryApi) -> None:
    async with running(api) as controller:
        controller.observe("ADDED", applied(api))
        await until(lambda: reason(api) == "SecretNotFound")
        metadata = {"name": "orders-mongo", "namespace": "shop"}
        api.put(SECRET.path("shop", "orders-mongo"), {"metadata": metadata, "data": {"uri": "bQ=="}})
        await until(lambda: reason(api) == "RollingOut")


async def test_a_config_map_that_appears_or_changes_is_noticed_by_those_that_refer_to_it(
    api: MemoryApi,
) -> None:
    metadata = {"name": "orders-schema", "namespace": "shop"}
    source = {"configMap": {"name": "orders-schema", "key": "schema.json"}}
    path = CONFIG_MAP.path("shop", "orders-schema")
    async with running(api) as controller:
        controller.observe("ADDED", applied(api, data={"schemaFrom": source}))
        await until(lambda: reason(api) == "ConfigMapNotFound")
        api.put(path, {"metadata": metadata, "data": {"schema.json": "no"}})
        await until(lambda: reason(api) == "InvalidSchema")
        api.put(path, {"metadata": metadata, "data": {"schema.json": "{}"}})
        await until(lambda: reason(api) == "SecretNotFound")


async def test_a_deleted_resource_is_forgotten(api: MemoryApi) -> None:
    async with running(api) as controller:
        stored = applied(api)
        controller.observe("ADDED", stored)
        await until(lambda: reason(api))
        api.drop(DATA_SERVICE.path(*KEY))
        controller.observe("DELETED", stored)
        api.requests.clear()
        api.drop(SERVICE.path(*KEY))
        await until(api.told)
        assert api.written() == []


async def test_nothing_is_kept_of_one_that_goes_while_it_is_looked_at(
    api: MemoryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = CONFIG_MAP.path("shop", "orders-schema")
    schema = {"metadata": {"name": "orders-schema", "namespace": "shop"}, "data": {"schema.json": "{}"}}
    source = {"configMap": {"name": "orders-schema", "key": "schema.json"}}
    api.put(path, schema)
    stored = applied(api, data={"schemaFrom": source})

    async def read_last(asked: str, **query: Any) -> Any:
        raw = await MemoryApi.read(api, asked, **query)
        if asked == path:
            controller.observe("DELETED", stored)
        return raw

    async with running(api) as controller:
        controller.observe("ADDED", stored)
        await until(lambda: reason(api) == "SecretNotFound")
        monkeypatch.setattr(api, "read", read_last)
        api.put(path, schema)
        await until(lambda: KEY not in controller._parents and not controller._queue._processing)
        assert not controller._reconciler._reader._schemas._known


async def test_one_whose_deletion_is_told_before_the_answer_to_its_status_does_not_come_back(
    api: MemoryApi, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = applied(api)

    async def write_slowly(method: str, path: str, body: Any, **options: Any) -> Any:
        raw = await MemoryApi.write(api, method, path, body, **options)
        if path.endswith("/status"):
            api.drop(DATA_SERVICE.path(*KEY))
            controller.observe("DELETED", stored)
        return raw

    monkeypatch.setattr(api, "write", write_slowly)
    async with running(api) as controller:
        controller.observe("ADDED", stored)
        await until(lambda: not api.get(DATA_SERVICE.path(*KEY)) and not controller._queue._processing)
        assert KEY not in controller._parents


async def test_a_defect_in_one_reconcile_does_not_stop_the_others(
    api: MemoryApi, caplog: pytest.LogCaptureFixture
) -> None:
    api.refuse["PATCH", "serviceaccounts/broken"] = RuntimeError("a defect")
    async with running(api) as controller:
        controller.observe("ADDED", applied(api, "broken"))
        for name in ("orders", "payments", "stock"):
            controller.observe("ADDED", applied(api, name))
        await until(lambda: all(reason(api, name) for name in ("orders", "payments", "stock")))
    assert "DataService shop/broken could not be reconciled" in caplog.text


async def test_lost_leadership_ends_it(api: MemoryApi) -> None:
    api.refuse["PATCH", "serviceaccounts/orders"] = LeadershipLost("not renewed in time")
    controller = Controller(Settings(), api, None)
    controller.observe("ADDED", applied(api))
    with pytest.raises(ExceptionGroup) as ended:
        await asyncio.wait_for(controller.run(), 5)
    assert ended.value.subgroup(LeadershipLost) is not None


async def test_a_right_that_comes_makes_what_waited_for_it(api: MemoryApi) -> None:
    api.refuse["GET", "/services"] = Forbidden(403, "Forbidden", "cannot list")
    controller = Controller(Settings(), api, None)
    task = asyncio.create_task(controller.run())
    controller.observe("ADDED", applied(api))
    await until(lambda: reason(api) == "Forbidden")
    assert api.get(DEPLOYMENT.path(*KEY)), "the others are made"
    assert not [write for write in api.written() if "/services/" in write]
    api.refuse.clear()
    await until(lambda: api.get(SERVICE.path(*KEY)))
    await until(lambda: reason(api) == "SecretNotFound")
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class TestSweep:
    async def test_a_resource_that_no_event_told_is_found(self, api: MemoryApi) -> None:
        async with running(api, resync_seconds=0.01):
            applied(api)
            await until(lambda: reason(api))

    async def test_a_deletion_that_no_event_told_is_found(self, api: MemoryApi) -> None:
        async with running(api, resync_seconds=0.01) as controller:
            controller.observe("ADDED", applied(api))
            await until(lambda: reason(api))
            api.drop(DATA_SERVICE.path(*KEY))
            await until(lambda: len(controller._parents) == 0)

    async def test_one_that_is_made_while_all_are_listed_is_not_forgotten(
        self, api: MemoryApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A list that takes seconds is as old as its first page: what was told meanwhile is newer."""
        async with running(api, resync_seconds=0.01) as controller:
            listed = during_a_list(api, monkeypatch, lambda _: controller.observe("ADDED", applied(api)))
            await until(listed.is_set)
            assert KEY in controller._parents

    async def test_one_whose_deletion_is_told_before_a_page_that_shows_it_does_not_come_back(
        self, api: MemoryApi, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def goes(shown: list[dict[str, Any]]) -> None:
            api.drop(DATA_SERVICE.path(*KEY))
            controller.observe("DELETED", shown[0])

        async with running(api, resync_seconds=0.01) as controller:
            controller.observe("ADDED", applied(api))
            await until(lambda: reason(api))
            listed = during_a_list(api, monkeypatch, goes)
            await until(listed.is_set)
            assert KEY not in controller._parents


def during_a_list(
    api: MemoryApi, monkeypatch: pytest.MonkeyPatch, happens: Callable[[list[dict[str, Any]]], None]
) -> asyncio.Event:
    """Set when DataServices were listed the next time; `happens` once they are read, before they are taken in."""
    listed = asyncio.Event()

    async def listed_late(path: str, take: Callable[[dict[str, Any]], None], **query: Any) -> str:
        shown: list[dict[str, Any]] = []
        version = await MemoryApi.list(api, path, shown.append, **query)
        first = path == DATA_SERVICE.path(None) and not listed.is_set()
        if first:
            happens(shown)
        for each in shown:
            take(each)
        if first:
            listed.set()
        return version

    monkeypatch.setattr(api, "list", listed_late)
    return listed


class TestAilment:
    async def test_there_is_none_while_all_goes_well(self, api: MemoryApi) -> None:
        async with running(api) as controller:
            assert controller.ailment() is None

    async def test_a_watch_that_is_silent_for_too_long(self, api: MemoryApi) -> None:
        async with running(api) as controller:
            controller._caches.pods.heard -= 3600
            assert "the watch of pods has been silent" in (controller.ailment() or "")

    async def test_a_missing_right_or_kind_is_none_however_long_it_lasts(self, api: MemoryApi) -> None:
        """Another start would not help: the operator goes on with what it may do."""
        api.refuse["GET", "/pods"] = Forbidden(403, "Forbidden", "cannot list")
        api.refuse["GET", "/servicemonitors"] = NotFound(404, "NotFound", "no such kind")
        controller = Controller(Settings(), api, None)
        task = asyncio.create_task(controller.run())
        await until(lambda: api.watched() == len(controller._caches.heard()) - 2)
        controller._caches.pods.heard -= 3600
        controller._caches.children[SERVICE_MONITOR].heard -= 3600
        assert controller.ailment() is None
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    async def test_a_key_that_waits_for_too_long(self, api: MemoryApi) -> None:
        controller = Controller(Settings(), api, None)
        controller.observe("ADDED", applied(api))
        controller._queue._dirty[KEY] -= 3600
        assert "has waited 3600 s for a worker" in (controller.ailment() or "")
