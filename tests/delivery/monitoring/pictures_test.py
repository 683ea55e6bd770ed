"""The pictures on the monitoring page show the panels that there are."""

from dataclasses import replace
from pathlib import Path

from delivery.monitoring import answers, pictures
from delivery.monitoring.answers import Span
from delivery.monitoring.dashboard import Dashboard, Kind, Panel, Query, Row, Unit
from delivery.monitoring.files import DASHBOARDS

TWO = Panel("Two", "Two lines.", Unit.SECONDS, (Query('two{a=~"$a"}', "{{b}}"), Query("one", "one")))
SMALL = Dashboard("uid", "Small", "", (), (Row("Row", (TWO,)),))
SPAN = Span(100, 110, 5)


def ask(expression: str, span: Span) -> list[dict[str, object]]:
    return [{"metric": {"b": expression[:3]}, "values": [[span.start, "1"], [span.end, "NaN"]]}]


def test_the_committed_pictures_are_in_step() -> None:
    assert pictures.stale(pictures.FOLDER, DASHBOARDS) == [], "run `make pictures`"


def test_answers_are_kept_with_the_legend_that_they_are_shown_with() -> None:
    found = answers.gather(SMALL, SPAN, ask)
    assert [line.legend for line in found.lines["Two"]] == ["two", "one"]
    assert found.lines["Two"][0].points[0] == (0, 1)
    assert (
        answers.loaded(answers.dumped({"small": answers.gather(SMALL, SPAN, lambda *_: [])}))["small"].span
        == SPAN
    )


def test_a_picture_is_in_step_until_a_query_is_edited(tmp_path: Path) -> None:
    pictures.draw(SMALL, answers.gather(SMALL, SPAN, ask), pictures.picture(tmp_path, "small"))
    assert pictures.stale(tmp_path, {"small": SMALL}) == []
    edited = replace(SMALL, rows=(Row("Row", (replace(TWO, kind=Kind.NUMBER),)),))
    assert pictures.stale(tmp_path, {"small": edited}) == [tmp_path / "small.png"]
