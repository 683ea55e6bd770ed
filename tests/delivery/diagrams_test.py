"""The pictures show what their sources say."""

import shutil
from pathlib import Path

import pytest

from delivery import diagrams
from tests.support.required import unavailable


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with one source and the picture that was drawn from it."""
    if shutil.which("dot") is None:
        unavailable(diagrams.HINT)
    (tmp_path / "docs/design").mkdir(parents=True)
    (tmp_path / "docs/design/one.dot").write_text("digraph one { a -> b }")
    diagrams.draw(tmp_path / "docs/design/one.dot")
    return tmp_path


def test_the_committed_pictures_are_in_step() -> None:
    assert diagrams.stale(diagrams.ROOT) == [], "run `make diagrams`"


def test_there_are_the_pictures_that_the_readme_shows() -> None:
    drawn = {
        source.relative_to(diagrams.ROOT).with_suffix(".png") for source in diagrams.sources(diagrams.ROOT)
    }
    assert {Path("docs/microservice-architecture.png"), Path("docs/pipeline.png")} <= drawn


@pytest.mark.tools
def test_a_picture_is_in_step_until_its_source_is_edited(checkout: Path) -> None:
    assert diagrams.stale(checkout) == []
    source = checkout / "docs/design/one.dot"
    source.write_text("digraph one { a -> c }")
    assert diagrams.stale(checkout) == [source]


@pytest.mark.tools
def test_a_missing_picture_is_out_of_step(checkout: Path) -> None:
    source = checkout / "docs/design/one.dot"
    source.with_suffix(".png").unlink()
    assert diagrams.stale(checkout) == [source]


@pytest.mark.tools
def test_drawing_again_changes_only_what_is_out_of_step(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (checkout / "docs/two.dot").write_text("digraph two { a -> b }")
    monkeypatch.setattr("sys.argv", ["diagrams"])
    diagrams.main(checkout)
    assert capsys.readouterr().out == "drawn: docs/two.png\n"
    assert diagrams.stale(checkout) == []


@pytest.mark.tools
def test_a_source_with_a_mistake_is_named(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (checkout / "docs/two.dot").write_text("digraph two { a -> ")
    monkeypatch.setattr("sys.argv", ["diagrams"])
    with pytest.raises(SystemExit, match=r"docs/two\.dot: .*syntax error"):
        diagrams.main(checkout)
