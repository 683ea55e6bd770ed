"""The pictures on the monitoring page show the panels that there are."""

from dataclasses import replace

from delivery.monitoring import answers, shown
from delivery.monitoring.answers import Span
from delivery.monitoring.dashboard import Dashboard, Panel, Query, Row, Unit
from delivery.monitoring.files import DASHBOARDS

TWO = Panel("Two", "Two lines.", Unit.SECONDS, (Query('two{a=~"$a"}', "{{b}}"), Query("one", "one")))
SMALL = Dashboard("uid", "Small", "", (), (Row("Row", (TWO,)),))
SPAN = Span(100, 110, 5)


def ask(expression: str, span: Span) -> list[dict[str, object]]:
    return [
        {
            "metric": {"b": expression[:3]},
            "values": [[span.start, "1"], [span.start + 5, "NaN"], [span.end, "2"]],
        }
    ]


def test_the_committed_pictures_are_in_step() -> None:
    assert shown.stale(shown.FOLDER, DASHBOARDS) == [], "run `make pictures`"


def test_a_picture_is_out_of_step_once_a_query_is_edited() -> None:
    [name, *_] = DASHBOARDS
    edited = replace(DASHBOARDS[name], rows=DASHBOARDS[name].rows[1:])
    assert shown.stale(shown.FOLDER, {name: edited}) == [shown.picture(shown.FOLDER, name)]


def test_answers_are_kept_with_the_legend_that_they_are_shown_with() -> None:
    found = answers.gather(SMALL, SPAN, ask)
    assert [line.legend for line in found.lines["Two"]] == ["two", "one"]
    assert found.lines["Two"][0].points == ((0, 1), (10, 2))


def test_answers_that_were_kept_can_be_drawn_again() -> None:
    found = {"small": answers.gather(SMALL, SPAN, ask)}
    assert answers.loaded(answers.dumped(found)) == found
