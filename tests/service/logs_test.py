import json
import logging
import sys

from dataservice import logs


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {"name": "dataservice.x", "levelname": "INFO", "msg": message, "created": 1_772_366_400.5}
    )
    made.__dict__.update(extra)
    return made


def test_a_json_line_is_one_object_with_the_requests_id() -> None:
    logs.request_id.set("r-1")

    line = logs.JSONFormatter().format(record("two\nlines", fields={"status": 201}))

    assert "\n" not in line
    assert json.loads(line) == {
        "time": "2026-03-01T12:00:00.500Z",
        "level": "INFO",
        "logger": "dataservice.x",
        "message": "two\nlines",
        "request_id": "r-1",
        "status": 201,
    }


def test_a_text_line_reads_from_left_to_right() -> None:
    logs.request_id.set("r-1")

    line = logs.TextFormatter().format(record("POST /data", fields={"status": 201}))

    assert line == "2026-03-01T12:00:00.500Z INFO POST /data status=201 request_id=r-1"


def test_a_line_of_a_request_in_a_trace_names_it() -> None:
    logs.trace_id.set("0af7651916cd43dd8448eb211c80319c")

    assert '"trace_id":"0af7651916cd43dd8448eb211c80319c"' in logs.JSONFormatter().format(record("x"))
    assert "trace_id=0af7651916cd43dd8448eb211c80319c" in logs.TextFormatter().format(record("x"))


def test_outside_of_a_request_no_id_is_shown() -> None:
    logs.request_id.set("")

    assert "request_id" not in logs.TextFormatter().format(record("x")) + logs.JSONFormatter().format(
        record("x")
    )


def test_a_traceback_stays_within_its_json_line() -> None:
    try:
        int("wrong")
    except ValueError:
        line = logs.JSONFormatter().format(record("x", exc_info=sys.exc_info()))

    assert "\n" not in line
    assert "ValueError: invalid literal" in json.loads(line)["traceback"]
