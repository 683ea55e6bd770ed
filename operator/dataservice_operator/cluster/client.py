"""Requests to the API server: raw dictionaries in and out, the operator's own errors, a gate before each write."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextvars import ContextVar
from functools import lru_cache
from typing import Any, Final, TypedDict, TypeVar
from urllib.parse import urlencode

import aiohttp
import msgspec
from kubernetes.aio.client import ApiClient

from dataservice_operator.cluster.responses import decoded, error_of, unanswered

JSON: Final = "application/json"
APPLY: Final = "application/apply-patch+yaml; charset=utf-8"
"""With its charset the generated client sends the text as it is, and does not write it as JSON itself."""

METADATA_ONLY: Final = "application/json;as=PartialObjectMetadata{list};g=meta.k8s.io;v=v1"
METADATA_OF_ONE: Final = METADATA_ONLY.replace("{list}", "")

PAGE: Final = 20
"""Objects of one page of a list: what is parsed at once decides how much memory a start takes."""

METADATA_PAGE: Final = 100
"""Where only their metadata is asked for."""

_ESCAPED: Final = re.compile("[\x7f-\uffff]")
_PATIENCE: Final = aiohttp.ClientTimeout(total=30, sock_connect=5)
_FAILURES = (aiohttp.ClientError, TimeoutError, OSError)

T = TypeVar("T")
Gate = Callable[[], None]
_gate: ContextVar[Gate | None] = ContextVar("gate of the request that is being sent", default=None)


class ListMetadata(msgspec.Struct):
    resource_version: str = msgspec.field(name="resourceVersion")
    continue_: str = msgspec.field(name="continue", default="")


class Page(msgspec.Struct):
    metadata: ListMetadata
    items: list[msgspec.Raw] | None = None
    """Read one at a time: what is kept of each would else lie scattered among a page of what is not."""


class Event(TypedDict):
    """Of a watch."""

    type: str
    object: dict[str, Any]


class GuardedRequest(aiohttp.ClientRequest):
    """Asks the gate once more when a connection is there and the next thing is to write to it.

    A process may be stopped, or wait for a connection, after it was let through: what it sends when it goes on would
    be a write of a leader that was followed by another long ago.
    """

    async def send(self, conn: aiohttp.connector.Connection) -> aiohttp.ClientResponse:
        gate = _gate.get()
        if gate is not None:
            gate()
        return await super().send(conn)


class Client:
    """One connection pool to one API server.

    Args:
        api: the generated client, of which only the authentication and the HTTP session are used: its models
            cost ten times the CPU of the dictionaries they wrap.
            Its session makes each request a `GuardedRequest`.
        gate: called before each write, and again as it is sent; raises to refuse it (leadership lost).
    """

    def __init__(self, api: ApiClient, gate: Gate = lambda: None) -> None:
        self._api = api
        self._gate = gate
        self._one_page = asyncio.Semaphore()

    async def read(self, path: str, *, accept: str = JSON, **query: str) -> dict[str, Any]:
        """One object.

        With `resourceVersion` at least as new as that version, from the API server's memory; else from etcd
        (https://kubernetes.io/docs/reference/using-api/api-concepts/#resource-versions).
        """
        return await self._request("GET", path, dict[str, Any], query=query, accept=accept)

    async def page(self, path: str, *, accept: str = JSON, **query: str) -> Page:
        """The first objects of a collection, or those after the page whose `continue` is among `query`."""
        return await self._request("GET", path, Page, query=query, accept=accept)

    async def list(
        self,
        path: str,
        take: Callable[[dict[str, Any]], None],
        *,
        accept: str = JSON,
        page: int = PAGE,
        **query: str,
    ) -> str:
        """Hand each object of a collection to `take`, `page` at a time, and return the version of the whole.

        However many kinds are listed at the same time, only one page is in memory.
        """
        query["limit"] = str(page)
        while True:
            async with self._one_page:
                found = await self.page(path, accept=accept, **query)
                for item in found.items or ():
                    take(msgspec.json.decode(item))
                about = found.metadata
                del found  # here, and not when the next one has come
            if not about.continue_:
                return about.resource_version
            query["continue"] = about.continue_

    async def write(
        self, method: str, path: str, body: Any, *, content_type: str = JSON, **query: str
    ) -> dict[str, Any]:
        """Create, replace, patch or delete.

        Raises:
            LeadershipLost: the gate is shut; nothing was sent.
            ApiError: the server's answer, as one of its subclasses.
        """
        self._gate()
        token = _gate.set(self._gate)
        try:
            return await self._request(
                method, path, dict[str, Any], query=query, body=body, content_type=content_type
            )
        finally:
            _gate.reset(token)

    async def watch(
        self,
        path: str,
        *,
        accept: str,
        silence: float,
        opened: Callable[[], None] = lambda: None,
        **query: str,
    ) -> AsyncIterator[Event]:
        """Watch events as they arrive; ends when the server closes. `opened` is called when it has agreed to tell.

        Raises:
            Unavailable: nothing was heard for `silence` seconds (a bookmark counts), the connection broke, or what
                came is no event.
            Gone: the resource version is too old.
        """
        timeout = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=silence)
        response = await self._send("GET", path, {"watch": "true", **query}, None, JSON, accept, timeout)
        try:
            if response.status >= 400:  # noqa: PLR2004 - HTTP's own boundary
                raise error_of(response.status, response.headers, await response.read())
            opened()
            async for line in lines(response.content.iter_any()):
                yield decoded(line, Event, response.status, f"the watch of {path}")
        except _FAILURES as error:
            raise unanswered(error) from error
        finally:
            response.close()

    async def close(self) -> None:
        await self._api.close()

    async def _request(
        self,
        method: str,
        path: str,
        answer: type[T],
        *,
        query: Mapping[str, str],
        body: Any = None,
        content_type: str = JSON,
        accept: str = JSON,
    ) -> T:
        response = await self._send(method, path, query, body, content_type, accept, _PATIENCE)
        try:
            content = await response.read()
        except _FAILURES as error:
            raise unanswered(error) from error
        if response.status >= 400:  # noqa: PLR2004 - HTTP's own boundary
            raise error_of(response.status, response.headers, content)
        return decoded(content, answer, response.status, f"{method} {path}")

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any,
        content_type: str,
        accept: str,
        patience: aiohttp.ClientTimeout,
    ) -> aiohttp.ClientResponse:
        url = self._api.configuration.host + path + _query(tuple(query.items()))
        headers = {"Accept": accept, "Content-Type": content_type, "User-Agent": "dataservice-operator"}
        content = yaml(body) if content_type == APPLY else body
        try:
            await self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, None)
            answer = await self._api.rest_client.request(
                method, url, headers=headers, body=content, _request_timeout=patience
            )
        except _FAILURES as error:
            raise unanswered(error) from error
        response: aiohttp.ClientResponse = answer.response
        return response


def yaml(manifest: Any) -> bytes:
    """JSON that is YAML too, as the API server reads an apply.

    Beyond the first 65,536 characters (an emoji) JSON escapes a pair of surrogates, which YAML refuses; below, YAML
    refuses some characters that are not escaped.
    """
    text = msgspec.json.encode(manifest)
    if text.isascii() and b"\x7f" not in text:
        return text
    return _ESCAPED.sub(lambda found: f"\\u{ord(found.group()):04x}", text.decode()).encode()


@lru_cache(256)
def _query(parameters: tuple[tuple[str, str], ...]) -> str:
    """Those of writes are always the same."""
    return "?" + urlencode(parameters) if parameters else ""


async def lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Whole lines of any length; aiohttp's own iteration refuses those over 128 KiB, as a large ConfigMap's are."""
    begun: list[bytes] = []
    async for chunk in chunks:
        first, *others = chunk.split(b"\n")
        begun.append(first)
        for other in others:
            yield b"".join(begun)
            begun = [other]
