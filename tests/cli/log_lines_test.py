"""A line of a pod's log, as people read it."""

import json
import logging
from contextvars import Context

import pytest

from dataservice.logs import JSONFormatter
from dataservice.logs import request_id as current_request
from kubectl_dataservice.log_lines import parsed, printable, sortable


def test_a_line_of_the_service_has_its_time_level_message_and_last_its_request() -> None:
    record = logging.LogRecord("dataservice.access", logging.INFO, "", 0, "POST %s", ("/data",), None)
    record.fields = {"status": 201, "principal": "till"}
    context = Context()
    context.run(current_request.set, "56c9")
    line = parsed(context.run(JSONFormatter().format, record))
    assert line is not None
    assert (line.level, line.message, line.rest) == (
        "INFO",
        "POST /data",
        "status=201 principal=till request_id=56c9",
    )


@pytest.mark.parametrize("line", ["INFO started", "{", "[]", '{"a": 1}', '{"message": 1}', '{"message": NaN'])
def test_any_other_line_stays_as_it_is(line: str) -> None:
    assert parsed(line) is None


def test_what_a_caller_has_put_into_the_log_moves_no_cursor() -> None:
    line = parsed(json.dumps({"message": "GET /\x1b[2J", "path": "/\x9b2J\r"}))
    assert line is not None
    assert "\x1b" not in line.message
    assert line.rest == "path=/\N{REPLACEMENT CHARACTER}2J\N{REPLACEMENT CHARACTER}"
    assert printable("plain\ttext") == "plain\ttext"


def test_instants_compare_however_many_digits_they_have() -> None:
    instants = ["2026-11-29T01:00:00Z", "2026-11-29T01:00:00.05Z", "2026-11-29T01:00:00.123456789Z"]
    assert sorted(map(sortable, instants)) == list(map(sortable, instants))
