import asyncio
import io
import json
import logging
import sys

from dataservice import logs


def record(message: str, **extra: object) -> logging.LogRecord:
    made = logging.makeLogRecord(
        {
            "name": "dataservice.x",
            "levelname": "INFO",
            "levelno": logging.INFO,
            "msg": message,
            "created": 1_772_366_400.5,
        }
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


class Written(io.StringIO):
    """Keeps each write."""

    def __init__(self) -> None:
        super().__init__()
        self.writes: list[str] = []

    def write(self, text: str) -> int:
        if text:
            self.writes.append(text)
        return len(text)


async def test_lines_of_one_turn_of_the_event_loop_are_written_together() -> None:
    written = Written()
    handler = logs.GroupingHandler(written)

    handler.handle(record("one"))
    handler.handle(record("two"))
    assert written.writes == []
    await asyncio.sleep(0)
    handler.handle(record("three"))
    await asyncio.sleep(0)

    assert written.writes == ["one\ntwo\n", "three\n"]


async def test_a_warning_is_written_at_once_and_in_order() -> None:
    written = Written()
    handler = logs.GroupingHandler(written)

    handler.handle(record("one"))
    handler.handle(record("trouble", levelno=logging.WARNING))

    assert "".join(written.writes) == "one\ntrouble\n"


def test_without_an_event_loop_a_line_is_written_at_once() -> None:
    written = Written()

    logs.GroupingHandler(written).handle(record("one"))

    assert written.writes == ["one\n"]


async def test_what_is_not_written_yet_is_written_when_logging_ends() -> None:
    written = Written()
    handler = logs.GroupingHandler(written)
    handler.handle(record("last"))

    handler.flush()  # as logging.shutdown does at exit

    assert written.writes == ["last\n"]
