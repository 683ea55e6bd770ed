from decimal import Decimal
from pathlib import Path

import pytest

from kubectl_dataservice.cost.prices import BUILT_IN, read
from kubectl_dataservice.errors import Exit, Problem

TEXT = BUILT_IN.read_text()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "prices.yaml"


def test_the_built_in_table_says_of_each_price_when_and_where_it_was_found() -> None:
    table = read(BUILT_IN)
    assert [price.name for price in table.prices] == ["AWS", "Azure", "Google Cloud"]
    assert all(price.as_of and price.source for price in table.prices)
    assert "SAMPLE FIGURES" in TEXT


def test_the_page_shows_the_built_in_table() -> None:
    page = (Path(__file__).resolve().parents[3] / "docs/cost.md").read_text()
    for price in read(BUILT_IN).prices:
        amounts = [
            f"{value} {price.currency}" for value in (price.vcpu_hour, price.gib_hour, price.disk_gib_month)
        ]
        assert f"| {' | '.join([price.name, *amounts, price.as_of, price.source])} |\n" in page


def test_amounts_are_read_as_they_are_written(file: Path) -> None:
    file.write_text(TEXT.replace("0.04048", "0.1"))
    assert read(file).prices[0].vcpu_hour == Decimal("0.1")


@pytest.mark.parametrize(
    ("there", "instead", "told"),
    [
        ("vcpuHour: 0.04048", "vcpuHour: cheap", "/prices/0/vcpuHour: input should be a valid decimal"),
        (
            "vcpuHour: 0.04048",
            "vcpuHour: -1",
            "/prices/0/vcpuHour: input should be greater than or equal to 0",
        ),
        ("vcpuHour: 0.04048", "vcpuHour: .nan", "/prices/0/vcpuHour: input should be a finite number"),
        ("vcpuHour: 0.04048", "", "/prices/0/vcpuHour: it must be there"),
        ("vcpuHour: 0.04048", "vCPUHour: 1", "/prices/0/vcpuHour: it must be there"),
        ("hoursPerMonth: 730", "hoursPerMonth: 0", "/hoursPerMonth: input should be greater than 0"),
        ("hoursPerMonth: 730", "days: 30", "/days: there is no such field"),
        ("  - name: Azure", "  - title: Azure", "/prices/1/name: it must be there"),
    ],
)
def test_a_slip_is_told_in_one_line_that_names_the_field(
    file: Path, there: str, instead: str, told: str
) -> None:
    file.write_text(TEXT.replace(there, instead))
    with pytest.raises(Problem) as raised:
        read(file)
    assert raised.value.exit_code == Exit.USAGE
    assert str(raised.value).startswith(f"{file}: {told}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "input should be"),
        ("prices: []", "/prices: tuple should have at least 1 item"),
        ("prices: 3", "/prices: input should be a valid tuple"),
        ("- 1", "input should be"),
        ("a: [", "is not YAML: line 1, column 5"),
        ("\x00", "is not YAML"),
    ],
)
def test_what_is_no_table_at_all_is_told(file: Path, text: str, told: str) -> None:
    file.write_text(text)
    with pytest.raises(Problem, match=rf"(?s){file}.*{told}"):
        read(file)


def test_a_file_that_is_not_there_is_told(file: Path) -> None:
    with pytest.raises(Problem, match="cannot be read: No such file"):
        read(file)
    file.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(Problem, match="is not YAML"):
        read(file)
