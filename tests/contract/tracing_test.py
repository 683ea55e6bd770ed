"""Spans as a collector gets them: by OTLP over HTTP, from a service that is a process."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from tests.support.service_process import ServiceProcess, Starter

TRACE = "0af7651916cd43dd8448eb211c80319c"
CALLER = "b7ad6b7169203331"


class Collector(HTTPServer):
    """Keeps the bodies that it is sent. OTLP: https://opentelemetry.io/docs/specs/otlp/#otlphttp."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.bodies: list[bytes] = []

    @property
    def endpoint(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1/traces"

    def spans(self) -> list[Span]:
        requests = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        return [
            span
            for request in requests
            for resource in request.resource_spans
            for scope in resource.scope_spans
            for span in scope.spans
        ]


class _Handler(BaseHTTPRequestHandler):
    server: Collector

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert self.headers["Content-Type"] == "application/x-protobuf"
        self.server.bodies.append(body)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with Collector() as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ended(process: ServiceProcess) -> None:
    """Which sends what it has not sent yet."""
    process.signal(signal.SIGTERM)
    process.ended()


def values(attributes: list[KeyValue]) -> dict[str, str | int]:
    return {
        each.key: each.value.string_value or each.value.int_value
        for each in attributes
        if not each.key.startswith("telemetry.")
    }


def test_a_request_and_what_the_store_does_for_it_are_spans_of_the_callers_trace(
    service: Starter, collector: Collector
) -> None:
    process = service(TRACING__ENDPOINT=collector.endpoint, LOG__FORMAT="json")
    fields = {"traceparent": f"00-{TRACE}-{CALLER}-01"}
    httpx.post(f"{process.url}/data", json={"_id": "a", "password": "hunter2"}, headers=fields)
    httpx.get(f"{process.url}/data/nothing", headers=fields)
    httpx.get(f"{process.url}/data?cursor=hunter2", headers=fields)
    ended(process)

    spans = [span for span in collector.spans() if span.trace_id.hex() == TRACE]
    served = {span.name: span for span in spans if span.kind == Span.SPAN_KIND_SERVER}
    assert set(served) == {"POST /data", "GET /data/{id}", "GET /data"}
    assert {span.parent_span_id.hex() for span in served.values()} == {CALLER}
    assert values(list(served["POST /data"].attributes)) == {
        "http.request.method": "POST",
        "http.route": "/data",
        "http.response.status_code": 201,
        "url.path": "/data",
        "url.scheme": "http",
    }
    done = {span.name: span for span in spans if span.kind == Span.SPAN_KIND_CLIENT}
    assert {name: span.parent_span_id for name, span in done.items()} == {
        "insert": served["POST /data"].span_id,
        "get": served["GET /data/{id}"].span_id,
    }
    assert values(list(done["insert"].attributes)) == {
        "db.system.name": "sqlite",
        "db.operation.name": "insert",
    }
    assert b"hunter2" not in b"".join(collector.bodies)


def test_a_trace_that_begins_here_is_named_in_the_log(service: Starter, collector: Collector) -> None:
    process = service(TRACING__ENDPOINT=collector.endpoint, LOG__FORMAT="json")
    httpx.get(f"{process.url}/data")
    ended(process)

    (line,) = [line for line in map(json.loads, process.log().splitlines()) if line["message"] == "GET /data"]
    (span,) = [span for span in collector.spans() if span.name == "GET /data"]
    assert line["trace_id"] == span.trace_id.hex()


def test_a_store_that_refuses_is_an_error_of_its_span_without_its_text(
    service: Starter, collector: Collector
) -> None:
    process = service(TRACING__ENDPOINT=collector.endpoint)
    for _ in range(2):
        httpx.post(f"{process.url}/data", json={"_id": "hunter2"})
    ended(process)

    failed = [span for span in collector.spans() if span.status.code]
    assert [values(list(span.attributes))["error.type"] for span in failed] == ["DuplicateDocument"]
    assert [(list(span.events), span.status.message) for span in failed] == [([], "")]
    assert b"hunter2" not in b"".join(collector.bodies)


def test_a_collector_that_is_away_holds_nothing_up(service: Starter) -> None:
    process = service(TRACING__ENDPOINT="http://127.0.0.1:9/v1/traces")
    assert httpx.get(f"{process.url}/data").is_success

    process.signal(signal.SIGTERM)

    process.ended(seconds=15)


def test_without_an_endpoint_nothing_of_it_is_loaded(tmp_path: Path) -> None:
    code = (
        "import sys, dataservice.app as app; app.create_app();"
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'google', 'requests'))])"
    )
    environment = {"DATASERVICE_ADMIN__PORT": "0", "DATASERVICE_DATABASE__KIND": "memory"}
    loaded = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert loaded.stdout == "[]\n"


def test_an_endpoint_without_the_extra_ends_the_process_with_one_line(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['opentelemetry.sdk'] = None; import dataservice.app as app; app.create_app()"
    )
    environment = {
        "DATASERVICE_ADMIN__PORT": "0",
        "DATASERVICE_DATABASE__KIND": "memory",
        "DATASERVICE_TRACING__ENDPOINT": "http://127.0.0.1:9/v1/traces",
    }
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 2
    (line,) = ended.stderr.splitlines()
    assert line.startswith("dataservice: DATASERVICE_TRACING__ENDPOINT: needs the extra 'tracing'")
