"""The table of prices: a YAML file that users edit, read strictly, so that a slip is told and not reckoned with."""

from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Final

import yaml
from pydantic import AliasGenerator, BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from kubectl_dataservice.errors import Exit, Problem

BUILT_IN: Final = Path(__file__).with_name("prices.yaml")

Amount = Annotated[Decimal, Field(ge=0, le=1_000_000)]
Text = Annotated[str, Field(min_length=1, max_length=200)]


class _Model(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", alias_generator=AliasGenerator(to_camel), allow_inf_nan=False
    )


class Price(_Model):
    name: Text
    currency: Annotated[str, Field(min_length=1, max_length=10)]
    vcpu_hour: Amount
    gib_hour: Amount
    disk_gib_month: Amount
    as_of: Text
    source: Text


class PriceTable(_Model):
    hours_per_month: Annotated[Decimal, Field(gt=0, le=744)] = Decimal(730)
    prices: Annotated[tuple[Price, ...], Field(min_length=1)]


def read(file: Path) -> PriceTable:
    """Raises Problem: the file cannot be read, or a field of it is not as it must be."""
    try:
        return PriceTable.model_validate(_document(file))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        pointer = "".join(f"/{part}" for part in first["loc"]) or "/"
        raise Problem(f"{file}: {pointer}: {_words(first)}", Exit.USAGE) from error


def _document(file: Path) -> Any:
    try:
        return yaml.safe_load(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise Problem(f"{file} cannot be read: {error.strerror}", Exit.USAGE) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f": line {mark.line + 1}, column {mark.column + 1}" if mark else ""
        raise Problem(f"{file} is not YAML{place}: --print-prices prints one that is", Exit.USAGE) from error


def _words(error: Any) -> str:
    match error["type"]:
        case "missing":
            return "it must be there"
        case "extra_forbidden":
            return "there is no such field: --print-prices prints those that there are"
        case _:
            told: str = error["msg"]
            return told[:1].lower() + told[1:]
