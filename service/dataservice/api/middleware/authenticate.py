"""Who sent the request, and whether they may: before anything else of it is looked at."""

from collections.abc import Callable, Collection, Mapping

from starlette.types import ASGIApp, Receive, Scope, Send

from dataservice.api import problems
from dataservice.domain.principal import Principal
from dataservice.errors import (
    CredentialsError,
    CredentialsMissing,
    InvalidCredentials,
    KeySetUnavailable,
    ScopeMissing,
)
from dataservice.services.authentication import Authenticator

_REASONS: Mapping[type[CredentialsError], str] = {
    CredentialsMissing: "missing",
    InvalidCredentials: "invalid",
    ScopeMissing: "scope",
    KeySetUnavailable: "key-set",
}
_READING = frozenset({"GET", "HEAD", "OPTIONS"})


class Authenticate:
    """Puts the Principal into the scope, under `principal`. What may be read of the paths in `public` needs none."""

    def __init__(
        self,
        app: ASGIApp,
        authenticator: Authenticator,
        on_failure: Callable[[str], None],
        public: Collection[str] = (),
    ) -> None:
        """`on_failure` is told why, each time that a request is not let in."""
        self._app = app
        self._authenticator = authenticator
        self._on_failure = on_failure
        self._public = public

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not self._is_public(scope):
            try:
                scope["principal"] = await self._admitted(scope)
            except CredentialsError as error:
                self._on_failure(_REASONS[type(error)])
                await problems.response(error)(scope, receive, send)
                return
        await self._app(scope, receive, send)

    def _is_public(self, scope: Scope) -> bool:
        # ASGI's path begins with the root_path, where there is one.
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        return scope["method"] in _READING and path in self._public

    async def _admitted(self, scope: Scope) -> Principal:
        principal = await self._authenticator.authenticate(_credential(scope))
        needed = "read" if scope["method"] in _READING else "write"
        if needed not in principal.scopes:
            raise ScopeMissing(needed)
        return principal


def _credential(scope: Scope) -> str:
    """The one bearer credential (RFC 6750, section 2.1). In a URL, which is logged on its way, none is taken."""
    given = [value.decode("latin-1") for name, value in scope["headers"] if name == b"authorization"]
    scheme, _, credential = given[0].partition(" ") if len(given) == 1 else ("", "", "")
    if scheme.lower() != "bearer" or not credential.strip():
        raise CredentialsMissing
    return credential.strip()
