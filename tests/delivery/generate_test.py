"""The files that are made from others are in step with them."""

from pathlib import Path

import pytest

from delivery import generate


def test_the_committed_files_are_in_step() -> None:
    assert generate.stale(generate.ROOT) == [], "run `make generate`"


def test_generated_files_are_in_step_until_one_is_edited(tmp_path: Path) -> None:
    generate.write(tmp_path)
    assert generate.stale(tmp_path) == []
    page = tmp_path / "docs/reference/dataservice.md"
    page.write_text(page.read_text() + "an edit\n")
    assert generate.stale(tmp_path) == [Path("docs/reference/dataservice.md")]


def test_a_missing_file_is_out_of_step(tmp_path: Path) -> None:
    assert set(generate.stale(tmp_path)) == set(generate.generated())


def test_the_check_names_the_file_and_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["generate", "--check"])
    with pytest.raises(SystemExit, match=r"k8s/plain/hpa\.yaml is out of step.*make generate"):
        generate.main(tmp_path)
