"""A bound on the requests of each caller, told in the fields of draft-ietf-httpapi-ratelimit-headers-11."""

from math import ceil

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from dataservice.api import problems
from dataservice.errors import RateExceeded
from dataservice.services.rate import Allowance, RateLimiter


class Rate:
    """Callers are told apart by their principal; without authentication all are one."""

    def __init__(self, app: ASGIApp, limiter: RateLimiter) -> None:
        self._app = app
        self._limiter = limiter
        window = ceil(limiter.burst / limiter.rate)
        self._policy = (b"ratelimit-policy", b'"caller";q=%d;w=%d' % (limiter.burst, window))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        principal = scope.get("principal")
        allowance = self._limiter.take(principal.name if principal else "")
        fields = self._fields(allowance)

        async def send_told(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message["headers"], *fields]}
            await send(message)

        if allowance.granted:
            await self._app(scope, receive, send_told)
        else:
            error = RateExceeded(self._limiter.rate)
            response = problems.response(error, {"Retry-After": str(ceil(allowance.next_in) or 1)})
            await response(scope, receive, send_told)

    def _fields(self, allowance: Allowance) -> tuple[tuple[bytes, bytes], ...]:
        state = b'"caller";r=%d;t=%d' % (allowance.remaining, ceil(allowance.full_in))
        return (self._policy, (b"ratelimit", state))
