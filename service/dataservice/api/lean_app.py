"""FastAPI without what stands around each of its requests and has nothing to do here."""

from fastapi import FastAPI
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp


class LeanApp(FastAPI):
    def build_middleware_stack(self) -> ASGIApp:
        """FastAPI's own also has a page for errors, one for telemetry's errors, a bound on bodies and a stack for
        dependencies: middleware/observe.py and limits.py do the first and the third, the others are not used.
        """
        app: ASGIApp = ExceptionMiddleware(self.router, handlers=self.exception_handlers)
        for middleware, arguments, options in reversed(self.user_middleware):
            app = middleware(app, *arguments, **options)
        return app
