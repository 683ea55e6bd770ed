import pytest
from rich.text import Text

from kubectl_dataservice import output


def test_a_table_has_columns_as_kubectl_prints_them(capsys: pytest.CaptureFixture[str]) -> None:
    output.table(("NAME", "READY"), [("orders", Text("True", "green")), ("a", "")])
    assert capsys.readouterr().out == "NAME     READY\norders   True\na\n"


def test_a_line_is_not_folded_and_what_looks_like_markup_is_text(capsys: pytest.CaptureFixture[str]) -> None:
    line = "[bold]:smile: " + "x" * 500
    output.say(line)
    assert capsys.readouterr().out == line + "\n"


def test_what_others_wrote_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    output.say("a\x1b[2Jb", Text("c\x1b]0;title\x07d", "red"))
    assert capsys.readouterr().out == "a^[[2Jb\nc^[]0;titled\n"


def test_yaml_shows_lines_as_lines_and_repeats_what_is_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    shared = {"text": "a\nb\n"}
    output.structured(({"one": shared, "other": shared}, {"x": "yes"}), "yaml")
    assert capsys.readouterr().out == (
        "one:\n  text: |\n    a\n    b\nother:\n  text: |\n    a\n    b\n---\nx: 'yes'\n"
    )
