import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_dataservice import app
from kubectl_dataservice.errors import Exit
from tests.support.data_service import smallest

SCALED = smallest(spec={"autoscaling": {"minReplicas": 2, "maxReplicas": 10}})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "file.yaml"


def run(file: Path, *documents: Any, words: tuple[str, ...] = ()) -> int:
    file.write_text(yaml.safe_dump_all(documents))
    return app.run(["cost", "-f", str(file), "-n", "shop", *words])


def test_it_tells_low_expected_and_high_by_each_price_and_that_they_are_samples(
    file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(file, SCALED) == Exit.OK
    captured = capsys.readouterr()
    assert "pods: 2 to 10 (expected 6, half-way" in captured.out
    lines = [line.split() for line in captured.out.splitlines()]
    assert ["shop/orders", "AWS", "6.72", "20.16", "33.61", "USD"] in lines
    assert [line[0] for line in lines if line and line[0] == "shop/orders"] == ["shop/orders"] * 4
    assert captured.err.startswith("note: the prices are samples")


def test_several_are_summed_up(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(file, SCALED, smallest(metadata={"name": "notes"})) == Exit.OK
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["shop/notes", "AWS", "3.36", "3.36", "3.36", "USD"] in lines
    assert ["all", "AWS", "10.08", "23.52", "36.97", "USD"] in lines


@pytest.mark.parametrize("form", ["json", "yaml"])
def test_a_program_gets_the_same_as_one_value(
    file: Path, form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(file, SCALED, words=("-o", form)) == Exit.OK
    out = capsys.readouterr().out
    value = json.loads(out) if form == "json" else yaml.safe_load(out)
    [told] = value["dataServices"]
    assert (told["name"], told["pods"]["expected"], told["pod"]["vcpu"]) == ("orders", 6, 0.1)
    assert told["costs"][0]["high"] == 33.61
    assert told["costs"][0]["asOf"] == "2024"


def test_the_printed_table_can_be_edited_and_given_back(
    file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["cost", "--print-prices"]) == Exit.OK
    prices = tmp_path / "prices.yaml"
    prices.write_text(capsys.readouterr().out.replace("0.04048", "0"))
    assert run(file, SCALED, words=("--prices", str(prices))) == Exit.OK
    captured = capsys.readouterr()
    assert "AWS            0.81" in captured.out
    assert captured.err == "", "they are no samples any more"


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ([], "name a DataService, or a file by -f, and not both"),
        (["orders", "-f", "x.yaml"], "name a DataService, or a file by -f, and not both"),
        (["-f", "no-such.yaml"], "no-such.yaml cannot be read"),
        (["-f", "x.yaml", "--prices", "none.yaml"], "none.yaml cannot be read"),
    ],
)
def test_what_cannot_be_reckoned_is_one_line(
    words: list[str], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert app.run(["cost", *words]) == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.err.count("\n") == 1
    assert captured.err.startswith(f"error: {told}")


@pytest.mark.parametrize("memory", ["1.2.3Gi", "..", "lots"])
def test_a_quantity_that_is_none_is_told(file: Path, memory: str, capsys: pytest.CaptureFixture[str]) -> None:
    broken = smallest(spec={"resources": {"requests": {"memory": memory}}})
    assert run(file, broken) == Exit.USAGE
    assert capsys.readouterr().err.startswith("error: DataService 'orders' is not valid: ")
