"""Spans of requests and of what the store does for them, sent to a collector by OTLP over HTTP.

Names and attributes are OpenTelemetry's semantic conventions for HTTP and databases. No span has a query string, a
document, or the text of an error.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBased, TraceIdRatioBased
from opentelemetry.trace import Span, SpanKind, Status, StatusCode, format_trace_id
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from dataservice import __version__
from dataservice.settings import Settings

_EXPORT_SECONDS = 3.0


class Tracing:
    def __init__(self, settings: Settings) -> None:
        resource = {"service.name": settings.name, "service.version": __version__}
        if settings.namespace:
            resource["service.namespace"] = settings.namespace
        self._provider = TracerProvider(
            resource=Resource.create(resource),
            sampler=ParentBased(TraceIdRatioBased(settings.tracing.ratio)),
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(settings.tracing.endpoint, timeout=_EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("dataservice", __version__)
        self._propagator = TraceContextTextMapPropagator()
        self._store: dict[str, str] = {"db.system.name": settings.database.kind}
        if settings.database.kind == "mongodb":
            self._store["db.namespace"] = settings.database.mongodb.database
            self._store["db.collection.name"] = settings.database.mongodb.collection

    @contextmanager
    def request(
        self, method: str, attributes: Mapping[str, str], parent: Mapping[str, str]
    ) -> Iterator[Span]:
        """`parent` may hold the request's `traceparent` and `tracestate`."""
        with self._tracer.start_as_current_span(
            method,
            self._propagator.extract(parent),
            SpanKind.SERVER,
            {"http.request.method": method, **attributes},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            yield span

    @contextmanager
    def operation(self, name: str) -> Iterator[None]:
        """Of the store, under the request that it is done for."""
        with self._tracer.start_as_current_span(
            name,
            kind=SpanKind.CLIENT,
            attributes={**self._store, "db.operation.name": name},
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield
            except BaseException as error:
                failed(span, type(error).__name__)
                raise

    def close(self) -> None:
        """Send what is left; waits a few seconds for a collector that is away."""
        self._provider.shutdown()


def failed(span: Span, error: str) -> None:
    span.set_attribute("error.type", error)
    span.set_status(Status(StatusCode.ERROR))


def trace_id(span: Span) -> str:
    return format_trace_id(span.get_span_context().trace_id)
