"""Requests to the API server, and what its refusals mean to who sits at the terminal."""

import json
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, urlencode

from dataservice_operator.cluster.responses import error_of
from dataservice_operator.errors import ApiError
from kubectl_dataservice.cluster.kinds import Kind
from kubectl_dataservice.cluster.refusals import unanswered, understood

if TYPE_CHECKING:
    from kubernetes.client import ApiClient

Raw = dict[str, Any]

JSON: Final = "application/json"
MERGE_PATCH: Final = "application/merge-patch+json"
PAGE: Final = 500


class Cluster:
    """One cluster, as one user sees it.

    Attributes:
        namespace: the one that is meant where a command names none.
        where: what the kubeconfig calls it, for messages.
    """

    def __init__(
        self, api: "ApiClient", namespace: str, seconds: float = 30.0, where: str = "this pod"
    ) -> None:
        self._api = api
        self._seconds = seconds
        self.namespace = namespace
        self.where = where

    def get(self, kind: Kind, namespace: str, name: str) -> Raw:
        """Raises Problem; that of a missing object is a NotFound in its cause."""
        return self.read(_path(kind, namespace, name))

    def list(self, kind: Kind, namespace: str | None, **query: str) -> list[Raw]:
        """Objects of one namespace, or of all; `labelSelector` and `fieldSelector` choose."""
        items: list[Raw] = []
        query = {"limit": str(PAGE), **query}
        while True:
            page = self.read(_path(kind, namespace), **query)
            items += page.get("items") or ()
            token = page["metadata"].get("continue")
            if not token:
                # Items of a list do not carry what all of them have in common.
                return [{"apiVersion": kind.api_version, "kind": kind.name, **item} for item in items]
            query["continue"] = token

    def create(self, kind: Kind, manifest: Mapping[str, Any], **query: str) -> Raw:
        path = _path(kind, manifest["metadata"]["namespace"])
        return self.send("POST", path, manifest, **query)

    def patch(self, kind: Kind, namespace: str, name: str, patch: Mapping[str, Any], **query: str) -> Raw:
        """A JSON merge patch. A field that the live CRD does not know is refused, not dropped."""
        query = {"fieldValidation": "Strict", "fieldManager": "kubectl-dataservice", **query}
        return self.send("PATCH", _path(kind, namespace, name), patch, content_type=MERGE_PATCH, **query)

    def read(self, path: str, **query: str) -> Raw:
        return self.send("GET", path, None, **query)

    def text(self, path: str, **query: str) -> str:
        """Such as a pod's log."""
        return self._answer("GET", path, query).data.decode(errors="replace")  # type: ignore[no-any-return]

    def lines(self, path: str, **query: str) -> Iterator[str]:
        """Each line as it comes, for as long as the server has some: a log that is followed, a watch."""
        response = self._send("GET", path, query, patience=None)
        begun = b""
        try:
            for chunk in response.stream(amt=2**16, decode_content=True):
                *whole, begun = (begun + chunk).split(b"\n")
                yield from (line.decode(errors="replace") for line in whole)
        except _failures() as error:
            raise unanswered(error, self._host, self.where) from error
        finally:
            response.close()
        if begun:
            yield begun.decode(errors="replace")

    def send(self, method: str, path: str, body: Any, *, content_type: str = JSON, **query: str) -> Raw:
        """One request and its JSON answer.

        Raises:
            Problem: the server refuses, with the ApiError as its cause; or it does not answer.
        """
        response = self._answer(method, path, query, body, content_type)
        try:
            answer: Raw = json.loads(response.data)
        except ValueError as error:
            raise unanswered(error, self._host, self.where) from error
        return answer

    @property
    def _host(self) -> str:
        return str(self._api.configuration.host)

    def _answer(
        self, method: str, path: str, query: Mapping[str, str], body: Any = None, content_type: str = JSON
    ) -> Any:
        response = self._send(method, path, query, body, content_type, patience=self._seconds)
        try:
            response.read(cache_content=True)
        except _failures() as error:
            raise unanswered(error, self._host, self.where) from error
        return response

    def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        body: Any = None,
        content_type: str = JSON,
        *,
        patience: float | None,
    ) -> Any:
        """The response with its body still to come."""
        url = self._host + path + ("?" + urlencode(query) if query else "")
        headers = {"Accept": "*/*", "Content-Type": content_type, "User-Agent": "kubectl-dataservice"}
        content = None if body is None else json.dumps(body)
        try:
            self._api.update_params_for_auth(headers, [], ["BearerToken"], path, method, None)
            response = self._api.rest_client.pool_manager.request(
                method, url, body=content, headers=headers, preload_content=False, timeout=_timeout(patience)
            )
            if response.status >= HTTPStatus.BAD_REQUEST:
                raise error_of(response.status, response.headers, response.read())
        except ApiError as error:
            raise understood(error, self._host, self.where) from error
        except _failures() as error:
            raise unanswered(error, self._host, self.where) from error
        return response


def _path(kind: Kind, namespace: str | None, name: str | None = None) -> str:
    return kind.path(quote(namespace, safe="") if namespace else None, quote(name, safe="") if name else None)


def _timeout(patience: float | None) -> Any:
    import urllib3  # noqa: PLC0415 - see connect.py

    return urllib3.Timeout(connect=min(patience or 10.0, 10.0), read=patience)


def _failures() -> tuple[type[Exception], ...]:
    import urllib3  # noqa: PLC0415 - see connect.py

    return (urllib3.exceptions.HTTPError, OSError)
