"""Callers of the API who keep a record of what they were told."""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import httpx

from tests.faults.service.answers import LIMIT_SECONDS, Call
from tests.faults.service.history import History, Outcome, Read, Version, Write

SHARED: Final = ("shared-0", "shared-1", "shared-2")
"""Documents that all callers change."""

_CALLERS: Final = 6
_TRIES: Final = 100
_PAGE: Final = 200
_PAUSE_SECONDS: Final = 0.1
"""After no answer; before the same is asked again."""
_MERGE_PATCH: Final = {"Content-Type": "application/merge-patch+json"}
_JSON_PATCH: Final = {"Content-Type": "application/json-patch+json"}
_REFUSED: Final = (409, 412)


class Load:
    """Callers in the running event loop, each with requests one after the other."""

    def __init__(self, api: httpx.AsyncClient, seed: int) -> None:
        self._api = api
        self._seed = seed
        self.history = History()
        self.calls: list[Call] = []
        self.busy = asyncio.Event()
        """Set while a request is under way."""
        self._under_way = 0
        self._stopping = False

    async def prepare(self) -> None:
        """Make the documents that are changed later. Raises HTTPStatusError."""
        for name in SHARED:
            token, began = f"first of {name}", time.monotonic()
            answer = await self.send("PUT", f"/data/{name}", json={"name": name, "log": [token]})
            assert answer is not None, "nothing has befallen the service yet"
            answer.raise_for_status()
            self.history.writes.append(
                Write(name, token, began, time.monotonic(), Outcome.ACKNOWLEDGED, "PUT", _CALLERS)
            )

    async def run(self) -> None:
        """Until `stop`, and whoever has to know what became of a write does."""
        async with asyncio.TaskGroup() as callers:
            for number in range(_CALLERS):
                callers.create_task(_Caller(self, number, random.Random(f"{self._seed}/{number}")).run())  # noqa: S311
            callers.create_task(self._list_again_and_again())

    def stop(self) -> None:
        self._stopping = True

    @property
    def stopping(self) -> bool:
        return self._stopping

    async def send(self, method: str, path: str, **options: Any) -> httpx.Response | None:
        """None where there was no answer."""
        began = time.monotonic()
        self._under_way += 1
        self.busy.set()
        try:
            answer = await asyncio.wait_for(self._api.request(method, path, **options), LIMIT_SECONDS)
        except (httpx.TransportError, TimeoutError) as error:
            self.calls.append(Call(method, began, time.monotonic(), error=type(error).__name__))
            answer = None
        finally:
            self._under_way -= 1
            if not self._under_way:
                self.busy.clear()
        if answer is None:
            await asyncio.sleep(_PAUSE_SECONDS)
            return None
        again = "retry-after" in answer.headers
        self.calls.append(Call(method, began, time.monotonic(), answer.status_code, again))
        return answer

    async def list_all(self) -> bool:
        """Whether every page was answered; the read is then in the history."""
        began = time.monotonic()
        shown: dict[str, list[Version]] = {}
        parameters: dict[str, Any] = {"limit": _PAGE}
        while True:
            answer = await self.send("GET", "/data", params=parameters)
            if answer is None or not answer.is_success:
                return False
            page = answer.json()
            for document in page["items"]:
                shown.setdefault(document["name"], []).append(version(document))
            if not page["has_more"]:
                break
            parameters["cursor"] = page["next"]
        self.history.reads.append(
            Read(began, time.monotonic(), shown, whole=True, how="list", worker=_CALLERS)
        )
        return True

    async def _list_again_and_again(self) -> None:
        while not self._stopping:
            await self.list_all()
            await asyncio.sleep(_PAUSE_SECONDS)


class _Caller:
    def __init__(self, load: Load, number: int, dice: random.Random) -> None:
        self._load = load
        self._number = number
        self._dice = dice
        self._writes = 0
        self._own: list[tuple[str, Version]] = []
        """Ids and versions of documents that nobody else changes."""

    async def run(self) -> None:
        acts: Mapping[Callable[[], Awaitable[None]], int] = {
            self._create: 4,
            self._replace: 3,
            self._merge: 2,
            self._append: 2,
            self._look: 2,
            self._remove: 2,
        }
        while not self._load.stopping:
            (act,) = self._dice.choices(list(acts), list(acts.values()))
            await act()
        for act in acts:  # when all has healed, in this order: no oracle is left without work
            await act()

    async def _create(self) -> None:
        """With one key until it is acknowledged, as its reason wants it."""
        token, began = self._token(), time.monotonic()
        headers = {"Idempotency-Key": token}
        for _ in range(_TRIES):
            answer = await self._load.send(
                "POST", "/data", json={"name": token, "log": [token]}, headers=headers
            )
            if answer is not None and answer.is_success:
                break
            if answer is not None:
                await asyncio.sleep(_PAUSE_SECONDS)
        outcome = Outcome.ACKNOWLEDGED if answer is not None and answer.is_success else Outcome.UNKNOWN
        self._told("POST", token, token, began, outcome, answer)
        if answer is not None and answer.is_success:
            self._own.append((answer.json()["_id"], version(answer.json())))

    async def _replace(self) -> None:
        name = self._dice.choice(SHARED)
        if found := await self._read(name):
            await self._change("PUT", name, found, lambda log: {"json": {"name": name, "log": log}})

    async def _merge(self) -> None:
        name = self._dice.choice(SHARED)
        if found := await self._read(name):
            await self._change(
                "PATCH", name, found, lambda log: {"json": {"log": log}, "headers": _MERGE_PATCH}
            )

    async def _remove(self) -> None:
        if not self._own:
            return
        document_id, found = self._own.pop(self._dice.randrange(len(self._own)))
        (name,) = found.tokens
        headers, began = {"If-Match": f'"{found.etag}"'}, time.monotonic()
        answer = await self._load.send("DELETE", f"/data/{document_id}", headers=headers)
        ended, outcome = time.monotonic(), _outcome(answer)
        self._load.history.writes.append(
            Write(name, f"removal of {name}", began, ended, outcome, "DELETE", self._number, removes=True)
        )

    async def _append(self) -> None:
        """Without a condition."""
        name, token = self._dice.choice(SHARED), self._token()
        patch = [{"op": "add", "path": "/log/-", "value": token}]
        began = time.monotonic()
        answer = await self._load.send("PATCH", f"/data/{name}", json=patch, headers=_JSON_PATCH)
        self._told("JSON Patch", name, token, began, _outcome(answer), answer)

    async def _look(self) -> None:
        await self._read(self._dice.choice(SHARED))

    async def _read(self, name: str) -> Version | None:
        began = time.monotonic()
        answer = await self._load.send("GET", f"/data/{name}")
        if answer is None or not answer.is_success:
            return None
        return self._shown("GET", name, began, answer)

    async def _change(
        self, method: str, name: str, found: Version, options: Callable[[Sequence[str]], dict[str, Any]]
    ) -> None:
        token = self._token()
        sent = options([*found.tokens, token])
        sent["headers"] = {"If-Match": f'"{found.etag}"', **sent.get("headers", {})}
        began = time.monotonic()
        answer = await self._load.send(method, f"/data/{name}", **sent)
        self._told(method, name, token, began, _outcome(answer), answer)

    def _told(
        self, how: str, name: str, token: str, began: float, outcome: Outcome, answer: httpx.Response | None
    ) -> None:
        self._load.history.writes.append(
            Write(name, token, began, time.monotonic(), outcome, how, self._number)
        )
        if answer is not None and answer.is_success:
            self._shown(how, name, began, answer)

    def _shown(self, how: str, name: str, began: float, answer: httpx.Response) -> Version:
        found = version(answer.json())
        self._load.history.reads.append(
            Read(began, time.monotonic(), {name: [found]}, how=how, worker=self._number)
        )
        return found

    def _token(self) -> str:
        self._writes += 1
        return f"{self._number}-{self._writes}"


def version(document: Mapping[str, Any]) -> Version:
    return Version(tuple(document["log"]), document["_etag"])


def _outcome(answer: httpx.Response | None) -> Outcome:
    if answer is None:
        return Outcome.UNKNOWN
    if answer.is_success:
        return Outcome.ACKNOWLEDGED
    return Outcome.REFUSED if answer.status_code in _REFUSED else Outcome.UNKNOWN
