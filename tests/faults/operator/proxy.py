"""Between an operator and its API server: counts the writes and events that pass, and does one thing wrong."""

import asyncio
import json
import socket
import threading
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Final, Protocol, TypeVar

import aiohttp
from aiohttp import web

from tests.faults.operator.plans import OF_EVENTS, Fault, Plan, Signature
from tests.support.kubeconfig import access

_T = TypeVar("_T")
_READS: Final = ("GET", "HEAD")
_NOT_COUNTED: Final = ("events", "leases")
"""What is told of the work, and who does it; not the work."""

_DELAY_SECONDS: Final = 1.0
_SECONDS_TO_CLOSE: Final = 30
_TURN_SECONDS: Final = 0.01
_LONGEST_LINE: Final = 8 * 2**20
_PASSED_ON: Final = ("Accept", "Content-Type", "User-Agent")
_REFUSALS: Final = {
    Fault.CONFLICT: (409, "Conflict"),
    Fault.BUSY: (429, "TooManyRequests"),
    Fault.BROKEN: (500, "InternalError"),
}


_EXPIRED: Final = {
    "kind": "Status",
    "apiVersion": "v1",
    "status": "Failure",
    "reason": "Expired",
    "code": 410,
}
_GONE: Final = json.dumps({"type": "ERROR", "object": _EXPIRED}).encode() + b"\n"


@dataclass(frozen=True)
class Write:
    step: int
    method: str
    path: str
    status: int
    """What the API server said."""
    answer: bytes

    @property
    def signature(self) -> Signature:
        return (self.step, self.method, *_kind(self.path))


@dataclass
class Journal:
    """What passed; `step` is set by whoever drives."""

    step: int = 0
    writes: list[Write] = field(default_factory=list)
    events: list[Signature] = field(default_factory=list)
    lists: Counter[str] = field(default_factory=Counter)
    """How often a collection was listed, by its path."""

    unlicensed: list[str] = field(default_factory=list)
    """Writes that were sent when the sender's lease had run out."""

    of_the_past: list[str] = field(default_factory=list)
    """Lists that did not ask for the most recent data."""


class Subject(Protocol):
    """The operator, for a fault that ends it; each call may take its time."""

    lease_seconds: float

    def kill(self) -> None: ...

    def wait(self) -> int:
        """Until it has ended by itself; its exit code."""

    def start(self) -> object: ...

    def rest(self) -> None:
        """Until it leads and has looked at everything."""


class FaultingProxy:
    """Serves HTTP on a free port of this machine, without credentials, with those of `kubeconfig` behind it."""

    def __init__(self, kubeconfig: Path, plan: Plan | None, subject: Subject | None = None) -> None:
        """`subject` is needed for plans that end it."""
        self._upstream = access(kubeconfig)
        self._plan = plan
        self._subject = subject
        self.fired = False
        """Whether what was planned has happened."""
        self._ending: asyncio.Task[object] | None = None
        self._watches: set[aiohttp.ClientResponse] = set()
        self._sockets: list[socket.socket] = []
        self._begun = 0
        self._lease_lost = False
        self._renewed = monotonic()
        self._first_lists: dict[str, bytes] = {}
        self._stale: dict[str, bytes] = {}
        self.journal = Journal()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="faulting-proxy", daemon=True)

    @property
    def busy(self) -> bool:
        """Whether the operator is being ended, and started again."""
        return self._ending is not None and not self._ending.done()

    def start(self) -> str:
        """Its URL."""
        self._thread.start()
        return self._run(self._start())

    def end_watches(self) -> int:
        """End every watch that is open with 410, and say how many there were."""
        return self._run(self._end_watches())

    def close(self) -> None:
        """Raises what ending the operator, and starting it again, has raised."""
        try:
            self._run(self._stop())
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()

    def _run(self, work: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    async def _start(self) -> str:
        self._session = aiohttp.ClientSession(
            headers=self._upstream.headers,
            connector=aiohttp.TCPConnector(ssl=self._upstream.tls, limit=0, socket_factory=self._socket),
            timeout=aiohttp.ClientTimeout(total=None),
            read_bufsize=_LONGEST_LINE,
        )
        app = web.Application(client_max_size=_LONGEST_LINE)
        app.router.add_route("*", "/{path:.*}", self._handle)
        self._runner = web.AppRunner(app, handler_cancellation=True, access_log=None, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        host, port = self._runner.addresses[0][:2]
        return f"http://{host}:{port}"

    async def _stop(self) -> None:
        try:
            if self._ending is not None:
                await self._ending
        finally:
            await self._runner.cleanup()
            await self._session.close()
            async with asyncio.timeout(_SECONDS_TO_CLOSE):
                # aiohttp takes leave of its TLS connections when nobody waits for it any more.
                while any(each.fileno() >= 0 for each in self._sockets):  # noqa: ASYNC110 - nothing tells it
                    await asyncio.sleep(_TURN_SECONDS)

    def _socket(self, address: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        made = socket.socket(family, kind, protocol)
        self._sockets.append(made)
        return made

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        if request.query.get("watch") == "true":
            return await self._watch(request)
        if request.method in _READS:
            return await self._read(request)
        if _kind(request.path)[0] == "leases":
            return await self._renewal(request)
        if _kind(request.path)[0] in _NOT_COUNTED:
            return await self._passed(request)
        return await self._write(request)

    async def _passed(self, request: web.Request) -> web.Response:
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        async with self._session.request(
            request.method,
            self._upstream.server + request.raw_path,
            headers=headers,
            data=await request.read() or None,
        ) as answer:
            told = {
                name: answer.headers[name]
                for name in ("Content-Type", "Retry-After")
                if name in answer.headers
            }
            return web.Response(status=answer.status, body=await answer.read(), headers=told)

    async def _read(self, request: web.Request) -> web.Response:
        if "limit" in request.query and "resourceVersion" in request.query:
            self.journal.of_the_past.append(request.path_qs)
        if stale := self._stale.pop(request.raw_path, None):
            return web.Response(body=stale, content_type="application/json")
        answer = await self._passed(request)
        if "limit" in request.query and "continue" not in request.query and isinstance(answer.body, bytes):
            self._first_lists.setdefault(request.raw_path, answer.body)
            self.journal.lists[request.path] += 1
        return answer

    async def _renewal(self, request: web.Request) -> web.Response:
        if self._lease_lost:
            return _refused(*_REFUSALS[Fault.BROKEN])
        self._renewed = monotonic()
        return await self._passed(request)

    async def _write(self, request: web.Request) -> web.Response:
        self._begun += 1
        if self._lease_lost and monotonic() > self._renewed + self._ended().lease_seconds:
            self.journal.unlicensed.append(f"{request.method} {request.path}")
        fault = self._due(self._begun, of_events=False)
        if fault in _REFUSALS:
            return _refused(*_REFUSALS[fault])
        if fault is Fault.LEASE:
            await request.read()
            self._ending = asyncio.create_task(self._lose_lease(request))
            return await asyncio.shield(self._ending)
        answer = await self._done(request)
        if fault is not None:
            if fault in (Fault.KILL, Fault.STALE):
                self._stale = dict(self._first_lists) if fault is Fault.STALE else {}
                self._ending = asyncio.create_task(asyncio.to_thread(self._kill))
                await asyncio.shield(self._ending)
            _break(request)
        return answer

    async def _done(self, request: web.Request) -> web.Response:
        answer = await self._passed(request)
        body = answer.body if isinstance(answer.body, bytes) else b""
        self.journal.writes.append(
            Write(self.journal.step, request.method, request.path, answer.status, body)
        )
        return answer

    def _ended(self) -> Subject:
        assert self._subject is not None, "whom does the plan end?"
        return self._subject

    def _kill(self) -> None:
        self._ended().kill()
        self._ended().start()

    async def _lose_lease(self, late: web.Request) -> web.Response:
        self._lease_lost = True
        await asyncio.to_thread(self._ended().wait)
        self._lease_lost = False
        await asyncio.to_thread(self._ended().start)
        await asyncio.to_thread(self._ended().rest)
        return await self._done(late)

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
        async with self._session.get(self._upstream.server + request.raw_path, headers=headers) as answer:
            if answer.status != web.HTTPOk.status_code:
                return web.Response(
                    status=answer.status, body=await answer.read(), content_type=answer.content_type
                )
            response = web.StreamResponse(headers={"Content-Type": answer.headers["Content-Type"]})
            await response.prepare(request)
            kind = _kind(request.path)[0]
            self._watches.add(answer)
            try:
                async for line in answer.content:
                    if not await self._told(request, response, kind, line):
                        break
            except aiohttp.ClientConnectionError:  # see end_watches; or the operator went away
                with suppress(ConnectionError):
                    await response.write(_GONE)
            except ConnectionError:  # the operator went away
                pass
            finally:
                self._watches.discard(answer)
        return response

    async def _end_watches(self) -> int:
        open_now = tuple(self._watches)
        for answer in open_now:
            answer.close()
        return len(open_now)

    async def _told(self, request: web.Request, response: web.StreamResponse, kind: str, line: bytes) -> bool:
        """Whether the watch goes on."""
        happened = json.loads(line)["type"]
        fault = None
        if happened in ("ADDED", "MODIFIED", "DELETED"):
            self.journal.events.append((self.journal.step, happened, kind))
            fault = self._due(len(self.journal.events), of_events=True)
        match fault:
            case Fault.DROP:
                return True
            case Fault.GONE:
                await response.write(_GONE)
                return False
            case Fault.CUT:
                _break(request)
                return False
            case Fault.DELAY:
                await asyncio.sleep(_DELAY_SECONDS)
            case Fault.DUPLICATE:
                await response.write(line)
        await response.write(line)
        return True

    def _due(self, number: int, *, of_events: bool) -> Fault | None:
        plan = self._plan
        if plan is None or self.fired or number != plan.at:
            return None
        if of_events != (plan.fault in OF_EVENTS):
            return None
        self.fired = True
        return plan.fault


def _break(request: web.Request) -> None:
    if request.transport is not None:
        request.transport.abort()


def _refused(status: int, reason: str) -> web.Response:
    told = {
        "kind": "Status",
        "apiVersion": "v1",
        "status": "Failure",
        "reason": reason,
        "message": "planned",
        "code": status,
    }
    headers = {"Retry-After": "1"} if reason == "TooManyRequests" else {}
    return web.json_response(told, status=status, headers=headers)


def _kind(path: str) -> tuple[str, str]:
    """Plural and subresource of what a path of the API names."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    if parts[:1] == ["namespaces"] and len(parts) > 2:
        parts = parts[2:]
    return parts[0] if parts else "", parts[2] if len(parts) > 2 else ""
