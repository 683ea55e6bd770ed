"""Lines of a log, as a terminal shows them."""

import json

from kubectl_dataservice.cluster.logs import Line
from kubectl_dataservice.commands.logs import _Shown


def test_a_json_line_is_shown_for_people_and_each_pod_has_its_colour() -> None:
    shown = _Shown(raw=False, prefix=True)
    fields = {"time": "2026-11-29T01:00:00.000Z", "level": "ERROR", "logger": "x", "message": "no way"}
    texts = [
        shown(Line(pod, "", json.dumps({**fields, "status": 500, "request_id": "56c9"}))) for pod in "aba"
    ]
    assert [text.plain for text in texts] == [
        f"{pod} 2026-11-29T01:00:00.000Z ERROR   no way status=500 request_id=56c9" for pod in "aba"
    ]
    first, second, third = (text.spans[0].style for text in texts)
    assert first == third != second


def test_a_traceback_stands_below_its_line_and_other_lines_as_they_are() -> None:
    shown = _Shown(raw=False, prefix=True)
    line = json.dumps({"message": "a bug", "traceback": "Traceback:\n  x"})
    assert shown(Line("a", "", line)).plain.splitlines()[1:] == ["a Traceback:", "a   x"]
    assert shown(Line("a", "", "plain \x1b[31m")).plain == "a plain \N{REPLACEMENT CHARACTER}[31m"


def test_raw_lines_are_not_taken_apart() -> None:
    assert _Shown(raw=True, prefix=False)(Line("a", "", '{"message": "x"}')).plain == '{"message": "x"}'
