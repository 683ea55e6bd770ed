"""The local picture of one kind."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pytest

from dataservice_operator.cluster.informer import Informer, Pace, Source
from dataservice_operator.cluster.kinds import CONFIG_MAP
from dataservice_operator.cluster.picture import Key
from dataservice_operator.errors import Forbidden, Gone, NotFound, Unavailable
from tests.operator.memory_api import MemoryApi
from tests.operator.until import until

PATH = "/api/v1/namespaces/shop/configmaps"
LABELS = {"team": "a"}


@dataclass(frozen=True)
class Summary:
    name: str
    text: str
    group: Key


def summary(raw: dict[str, Any]) -> Summary:
    labels = raw["metadata"].get("labels", {})
    return Summary(
        raw["metadata"]["name"], raw["data"]["text"], (raw["metadata"]["namespace"], labels["instance"])
    )


def config_map(
    name: str, text: str = "", instance: str = "orders", namespace: str = "shop"
) -> dict[str, Any]:
    labels = {**LABELS, "instance": instance}
    return {
        "metadata": {"name": name, "namespace": namespace, "labels": labels},
        "data": {"text": text},
    }


class Picture:
    """An informer, and the changes that it told."""

    def __init__(
        self,
        api: MemoryApi,
        namespaces: Sequence[str | None] = (None,),
        relist_seconds: float = 3600,
        *,
        metadata_only: bool = False,
    ) -> None:
        pace = Pace(absent=0.01, relist=relist_seconds)
        source = Source(CONFIG_MAP, "team=a", metadata_only=metadata_only, namespaces=namespaces, pace=pace)
        self.api = api
        self.changes: list[tuple[str | None, str | None]] = []
        self.turns = 0
        self.informer = Informer(api, source, summary, self._changed, self._turned)

    def _changed(self, old: Summary | None, new: Summary | None) -> None:
        self.changes.append((old.text if old else None, new.text if new else None))

    def _turned(self) -> None:
        self.turns += 1

    def text(self, name: str, namespace: str = "shop") -> str | None:
        found = self.informer.get((namespace, name))
        return found.text if found else None

    def group(self, name: str) -> set[str]:
        return {found.name for found in self.informer.group(("shop", name))}

    def asked(self, method: str) -> int:
        """How often it has listed (GET) or opened a watch (WATCH)."""
        return sum(request.method == method for request in self.api.requests)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """It runs, and need not come so far as to watch."""
        task = asyncio.create_task(self.informer.run())
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.informer.run())
        await until(lambda: self.api.watched() == len(self.informer.source.namespaces))
        yield
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_what_was_there_before_is_listed_page_by_page() -> None:
    picture = Picture(MemoryApi())
    picture.api.page_size = 2
    for number in range(5):
        picture.api.put(f"{PATH}/{number}", config_map(str(number)))
    async with picture.watching():
        assert picture.informer.synced.is_set()
        assert picture.group("orders") == {"0", "1", "2", "3", "4"}


@pytest.mark.parametrize(("metadata_only", "page"), [(False, 20), (True, 100)])
async def test_a_page_holds_more_where_only_metadata_is_listed(*, metadata_only: bool, page: int) -> None:
    picture = Picture(MemoryApi(), metadata_only=metadata_only)
    async with picture.watching():
        [listed] = [request for request in picture.api.requests if request.method == "GET"]
    assert listed.body["limit"] == str(page)


async def test_only_what_the_selector_names_is_seen() -> None:
    picture = Picture(MemoryApi())
    stranger = config_map("b")
    stranger["metadata"]["labels"]["team"] = "b"
    picture.api.put(f"{PATH}/b", stranger)
    picture.api.put(f"{PATH}/a", config_map("a"))
    async with picture.watching():
        assert picture.group("orders") == {"a"}


async def test_changes_are_told_with_what_was_before() -> None:
    picture = Picture(MemoryApi())
    async with picture.watching():
        picture.api.put(f"{PATH}/a", config_map("a", "1"))
        picture.api.put(f"{PATH}/a", config_map("a", "2"))
        picture.api.drop(f"{PATH}/a")
        await until(lambda: len(picture.changes) == 3)
    assert picture.changes == [(None, "1"), ("1", "2"), ("2", None)]


async def test_an_event_that_changes_nothing_we_keep_is_no_change() -> None:
    picture = Picture(MemoryApi())
    picture.api.put(f"{PATH}/a", config_map("a", "1"))
    async with picture.watching():
        noted = config_map("a", "1")
        noted["metadata"]["annotations"] = {"note": "x"}
        picture.api.put(f"{PATH}/a", noted)
        picture.api.put(f"{PATH}/b", config_map("b", "last"))
        await until(lambda: picture.text("b"))
    assert picture.changes == [(None, "1"), (None, "last")]


async def test_what_vanished_while_no_watch_was_open_is_told() -> None:
    """After a 410 there are no events of the meantime: only another list can tell."""
    picture = Picture(MemoryApi())
    picture.api.put(f"{PATH}/gone", config_map("gone", "1"))
    picture.api.put(f"{PATH}/kept", config_map("kept", "1"))
    async with picture.watching():
        picture.changes.clear()
        picture.api.break_watches(Gone(410, "Expired", "too old"))
        picture.api.drop(f"{PATH}/gone")
        picture.api.put(f"{PATH}/new", config_map("new", "1"))
        picture.api.compact()
        await until(lambda: picture.text("new"))
    assert sorted(picture.changes, key=str) == [("1", None), (None, "1")]
    assert picture.group("orders") == {"kept", "new"}


async def test_a_watch_that_the_server_closes_goes_on_where_it_ended() -> None:
    picture = Picture(MemoryApi())
    async with picture.watching():
        picture.api.put(f"{PATH}/a", config_map("a", "1"))
        await until(lambda: picture.text("a"))
        picture.api.break_watches()
        picture.api.put(f"{PATH}/a", config_map("a", "2"))
        await until(lambda: picture.text("a") == "2")
    assert sum(request.method == "GET" for request in picture.api.requests) == 1


async def test_what_a_watch_has_lost_is_found_when_it_is_time_to_list_again() -> None:
    picture = Picture(MemoryApi(), relist_seconds=0)
    async with picture.watching():
        lists = picture.asked("GET")
        picture.api.put(f"{PATH}/a", config_map("a", "lost"))
        picture.api.lose()
        picture.api.break_watches()
        await until(lambda: picture.text("a") == "lost")
        assert picture.asked("GET") > lists


async def test_a_connection_that_breaks_tells_nothing_twice() -> None:
    """The watch goes on from the last event, not from where it began: no object goes back in time."""
    picture = Picture(MemoryApi())
    async with picture.watching():
        for text in "12":
            picture.api.put(f"{PATH}/a", config_map("a", text))
        await until(lambda: picture.text("a") == "2")
        picture.api.break_watches(Unavailable(0, "NoAnswer", "silence"))
        picture.api.put(f"{PATH}/a", config_map("a", "3"))
        await until(lambda: picture.text("a") == "3")
    assert picture.changes == [(None, "1"), ("1", "2"), ("2", "3")]


async def test_a_server_that_fails_is_listed_again() -> None:
    picture = Picture(MemoryApi())
    picture.api.refuse["GET", "configmaps"] = Unavailable(503, "", "starting")
    task = asyncio.create_task(picture.informer.run())
    await until(lambda: picture.api.requests)
    assert not picture.informer.synced.is_set()
    picture.api.refuse.clear()
    await until(picture.informer.synced.is_set)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


class TestAbsent:
    """A kind that the cluster does not have: its CustomResourceDefinition is not there."""

    async def test_nobody_waits_for_it(self) -> None:
        picture = absent()
        async with picture.running():
            await until(picture.informer.synced.is_set)
            assert isinstance(picture.informer.obstacle("shop"), NotFound)
            assert picture.group("orders") == set()

    async def test_it_is_looked_for_again_and_seen_when_it_is_there(self) -> None:
        picture = absent()
        picture.api.put(f"{PATH}/a", config_map("a", "1"))
        async with picture.running():
            await until(lambda: picture.asked("GET") > 2)
            assert picture.turns == 1
            picture.api.refuse.clear()
            await until(lambda: picture.turns == 2)
            assert picture.informer.obstacle("shop") is None
            assert picture.text("a") == "1"

    async def test_when_it_goes_its_objects_are_told_as_gone(self) -> None:
        picture = Picture(MemoryApi())
        picture.api.put(f"{PATH}/a", config_map("a", "1"))
        async with picture.watching():
            picture.api.refuse["WATCH", "configmaps"] = NotFound(404, "NotFound", "no such kind")
            picture.api.refuse["GET", "configmaps"] = NotFound(404, "NotFound", "no such kind")
            picture.api.break_watches()
            await until(lambda: picture.informer.obstacle("shop"))
        assert picture.changes == [(None, "1"), ("1", None)]


class TestForbidden:
    """A right is missing."""

    @pytest.mark.parametrize("method", ["GET", "WATCH"])
    async def test_nobody_waits_for_it_and_it_is_told_once(
        self, method: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        picture = forbidden(method)
        async with picture.running():
            await until(lambda: picture.asked(method) > 2)
            assert picture.informer.synced.is_set()
            assert isinstance(picture.informer.obstacle("shop"), Forbidden)
        assert picture.turns == 1
        assert caplog.text.count("configmaps cannot be watched") == 1

    async def test_it_heals_when_the_right_comes(self) -> None:
        picture = forbidden("WATCH")
        async with picture.running():
            await until(lambda: picture.informer.obstacle("shop"))
            picture.informer.heard = 0
            picture.api.refuse.clear()
            await until(lambda: picture.informer.obstacle("shop") is None)
            assert picture.turns == 2
            assert picture.informer.heard > 0, "its silence was not that of a watch"

    async def test_one_namespace_without_the_right_leaves_the_others(self) -> None:
        picture = Picture(MemoryApi(), namespaces=("shop", "lab"))
        picture.api.refuse["GET", "lab/configmaps"] = Forbidden(403, "Forbidden", "cannot list")
        async with picture.running():
            await until(picture.informer.synced.is_set)
            assert picture.informer.obstacle("shop") is None
            assert isinstance(picture.informer.obstacle("lab"), Forbidden)


def absent() -> Picture:
    picture = Picture(MemoryApi())
    picture.api.refuse["GET", "configmaps"] = NotFound(404, "NotFound", "no such kind")
    return picture


def forbidden(method: str) -> Picture:
    picture = Picture(MemoryApi())
    picture.api.refuse[method, "configmaps"] = Forbidden(403, "Forbidden", "cannot")
    return picture


class TestRemember:
    async def test_the_answer_to_an_own_write_is_seen_before_its_event(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            raw = picture.api.put(f"{PATH}/a", config_map("a", "1"))
            picture.informer.remember(raw)
            assert picture.text("a") == "1"

    async def test_it_never_overtakes_a_newer_event(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            older = picture.api.put(f"{PATH}/a", config_map("a", "1"))
            picture.api.put(f"{PATH}/a", config_map("a", "2"))
            await until(lambda: picture.text("a") == "2")
            picture.informer.remember(older)
            assert picture.text("a") == "2"

    async def test_it_does_not_bring_back_what_was_deleted_meanwhile(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            older = picture.api.put(f"{PATH}/a", config_map("a", "1"))
            picture.api.drop(f"{PATH}/a")
            await until(lambda: len(picture.changes) == 2)
            picture.informer.remember(older)
            assert picture.text("a") is None

    async def test_its_own_event_tells_no_change(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            picture.informer.remember(picture.api.put(f"{PATH}/a", config_map("a", "1")))
            picture.api.put(f"{PATH}/b", config_map("b", "2"))
            await until(lambda: picture.changes)
        assert picture.changes == [(None, "2")]

    async def test_an_older_state_that_comes_late_is_not_taken_for_the_present_one(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            picture.api.put(f"{PATH}/a", config_map("a", "older"))
            picture.informer.remember(picture.api.put(f"{PATH}/a", config_map("a", "own")))
            picture.api.put(f"{PATH}/b", config_map("b", "last"))
            await until(lambda: picture.changes)
            assert picture.text("a") == "own"
        assert picture.changes == [(None, "last")]

    async def test_a_list_that_is_older_does_not_undo_it(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            listed = picture.api.put(f"{PATH}/a", config_map("a", "older"))
            picture.api.put(f"{PATH}/b", config_map("b", "last"))
            await until(lambda: picture.text("b"))
            picture.informer.remember(picture.api.put(f"{PATH}/a", config_map("a", "own")))
            version = int(listed["metadata"]["resourceVersion"])
            picture.informer._replace(None, version, {("shop", "a"): summary(listed)})
            assert picture.text("a") == "own"
            assert picture.text("b") is None


class TestWriting:
    async def test_an_event_that_comes_before_the_answer_tells_no_change(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            with picture.informer.writing(("shop", "a")) as remember:
                answer = picture.api.put(f"{PATH}/a", config_map("a", "own"))
                await until(lambda: picture.text("a") == "own")
                remember(answer)
        assert picture.changes == []

    async def test_what_others_did_meanwhile_is_told(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            with picture.informer.writing(("shop", "a")) as remember:
                answer = picture.api.put(f"{PATH}/a", config_map("a", "own"))
                picture.api.put(f"{PATH}/a", config_map("a", "theirs"))
                await until(lambda: picture.text("a") == "theirs")
                remember(answer)
        assert picture.changes == [("own", "theirs")]

    async def test_it_is_told_also_when_the_write_failed(self) -> None:
        picture = Picture(MemoryApi())
        async with picture.watching():
            with suppress(Unavailable), picture.informer.writing(("shop", "a")):
                picture.api.put(f"{PATH}/a", config_map("a", "theirs"))
                await until(lambda: picture.text("a") == "theirs")
                raise Unavailable(503, "", "no answer")
        assert picture.changes == [(None, "theirs")]


class TestGroups:
    async def test_an_object_moves_when_its_label_does(self) -> None:
        picture = Picture(MemoryApi())
        picture.api.put(f"{PATH}/a", config_map("a", "1", instance="orders"))
        async with picture.watching():
            picture.api.put(f"{PATH}/a", config_map("a", "1", instance="payments"))
            await until(lambda: picture.group("payments"))
            assert picture.group("orders") == set()

    async def test_an_object_that_is_gone_is_in_none(self) -> None:
        picture = Picture(MemoryApi())
        picture.api.put(f"{PATH}/a", config_map("a"))
        async with picture.watching():
            picture.api.drop(f"{PATH}/a")
            await until(lambda: not picture.group("orders"))


class TestNamespaces:
    async def test_only_those_named_are_watched(self) -> None:
        picture = Picture(MemoryApi(), namespaces=("shop", "lab"))
        for namespace in ("shop", "lab", "other"):
            path = f"/api/v1/namespaces/{namespace}/configmaps/a"
            picture.api.put(path, config_map("a", namespace, namespace=namespace))
        async with picture.watching():
            await until(picture.informer.synced.is_set)
            assert picture.text("a", "lab") == "lab"
            assert picture.text("a", "other") is None

    async def test_listing_one_again_leaves_the_others(self) -> None:
        picture = Picture(MemoryApi(), namespaces=("shop", "lab"))
        for namespace in ("shop", "lab"):
            path = f"/api/v1/namespaces/{namespace}/configmaps/a"
            picture.api.put(path, config_map("a", namespace, namespace=namespace))
        async with picture.watching():
            await until(picture.informer.synced.is_set)
            picture.changes.clear()
            picture.api.compact()
            picture.api.break_watches(Gone(410, "Expired", "too old"))
            await until(lambda: picture.api.watched() == 2)
        assert picture.changes == []
