"""A line of a pod's log, as people read it."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

_FIRST: Final = ("time", "level", "logger", "message", "traceback")
_UNPRINTABLE: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_FRACTION: Final = re.compile(r"\.(\d+)Z$")
_NANOSECOND_DIGITS: Final = 9


@dataclass(frozen=True)
class LogLine:
    """What the service says of an event: `rest` has its fields and the ids of request and trace."""

    time: str
    level: str
    message: str
    rest: str
    traceback: str = ""


def parsed(line: str) -> LogLine | None:
    """A JSON line of the service; None for any other."""
    if not line.startswith("{"):
        return None
    try:
        fields = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(fields, dict) or not isinstance(fields.get("message"), str):
        return None
    time, level, _, message, traceback = (str(fields.get(name, "")) for name in _FIRST)
    return LogLine(
        printable(time), printable(level), printable(message), printable(_rest(fields)), printable(traceback)
    )


def printable(text: str) -> str:
    """Without what would move the cursor or colour a terminal: whoever calls the API has a say in its log."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text)


def stamped(line: str) -> tuple[str, str]:
    """Instant and text of a line that was asked for with its timestamp."""
    instant, _, text = line.partition(" ")
    return instant, text


def sortable(instant: str) -> str:
    """RFC 3339 with nanoseconds, of which zeros at the end may be left out: so that later compares as greater."""
    if found := _FRACTION.search(instant):
        return f"{instant[: found.start()]}.{found[1].ljust(_NANOSECOND_DIGITS, '0')}Z"
    return instant.replace("Z", f".{'0' * _NANOSECOND_DIGITS}Z")


def _rest(fields: Mapping[str, Any]) -> str:
    """The ids stand last, as in the service's own text lines."""
    ids = ("request_id", "trace_id")
    names = [name for name in fields if name not in _FIRST and name not in ids]
    return " ".join(f"{name}={_shown(fields[name])}" for name in (*names, *ids) if name in fields)


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
