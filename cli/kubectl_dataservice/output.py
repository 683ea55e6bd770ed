"""Everything that is printed. Answers go to standard output; progress and advice to standard error.

Colour is for terminals only, and not where NO_COLOR is set.
"""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import yaml
from rich.console import Console
from rich.text import Text

_GAP: Final = "   "
Cell = str | Text


def say(*lines: Cell) -> None:
    """Lines as they are, however wide the terminal is."""
    console = _console()
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)


def note(line: str) -> None:
    """Something beside the answer, on standard error."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - this is where printing is done


def structured(value: Any, form: str) -> None:
    """A value as `json` or as `yaml`; several YAML documents where it is a tuple."""
    if form == "json":
        say(json.dumps(value, indent=2, ensure_ascii=False))
        return
    documents = value if isinstance(value, tuple) else (value,)
    say("\n---\n".join(yaml_text(each).rstrip() for each in documents))


def yaml_text(value: Any) -> str:
    """YAML as people write it: texts of several lines as such, and nothing by reference."""
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _data: Any) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> None:
    """Columns as kubectl prints them."""
    cells = [[Text(each) if isinstance(each, str) else each for each in row] for row in (head, *rows)]
    widths = [max(row[column].cell_len for row in cells) for column in range(len(head))]
    for row in cells:
        line = Text(_GAP).join(_padded(cell, width) for cell, width in zip(row, widths, strict=True))
        line.rstrip()
        say(line)


@contextmanager
def progress(first: str) -> Iterator[Callable[[str], None]]:
    """Says what is waited for: a line that moves on a terminal; else nothing."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with console.status(Text(first)) as status:
        yield lambda text: status.update(Text(text))


def _padded(cell: Text, width: int) -> Text:
    padded = cell.copy()
    padded.pad_right(width - cell.cell_len)
    return padded


def _console() -> Console:
    return Console(file=sys.stdout)


class Printer:
    """For lines that are many, or are waited for: each is written at once."""

    def __init__(self) -> None:
        self._console = _console()
        self.terminal = self._console.is_terminal

    def say(self, line: Cell) -> None:
        if self.terminal:
            self._console.print(line, soft_wrap=True, highlight=False, markup=False, emoji=False)
        else:
            print(line, flush=True)  # noqa: T201 - this is where printing is done
