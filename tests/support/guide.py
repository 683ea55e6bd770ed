"""A guide of the documents: what a reader does at each of its blocks, and what must come of it."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from tests.support.documents_shown import FENCE

_FILE: Final = re.compile(r"# (\S+\.yaml)\n")
_VARIES: Final = re.compile(
    r"(?P<any>\.\.\.)|(?P<age>\b(?:\d+[dhms])+\b)|(?P<hex>\b[0-9a-f]{8}[0-9a-f-]*\b)|(?P<space>\s+)"
)
_ALIKE: Final = {
    "any": ".*",
    "age": r"(?:\d+[dhms])+",
    "hex": "[0-9a-f-]+",
    "space": r"\s+",
}


@dataclass(frozen=True)
class File:
    """A block whose first line is a comment with a file's name: a reader saves it under that."""

    name: str
    text: str


@dataclass(frozen=True)
class Command:
    """What stands after a prompt, with the lines after a second prompt (`> `), and what the page says it prints."""

    text: str
    shown: tuple[str, ...]


@dataclass(frozen=True)
class InMongosh:
    """A block for MongoDB's shell."""

    text: str


Step = File | Command | InMongosh


def steps(page: str) -> Iterator[Step]:
    for language, block in FENCE.findall(page):
        if language == "console":
            yield from _commands(block)
        elif language == "javascript":
            yield InMongosh(block)
        elif language == "yaml" and (named := _FILE.match(block)):
            yield File(named[1], block)


def _commands(block: str) -> Iterator[Command]:
    for text in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        first, *rest = text.splitlines()
        more = [line.removeprefix("> ") for line in rest if line.startswith("> ")]
        yield Command("\n".join([first, *more]), tuple(line for line in rest if not line.startswith("> ")))


def untold(shown: Iterable[str], output: str) -> str | None:
    """The first line that the page shows and the output does not have, in that order; None if all are told.

    Ages and what is random may differ; `...` stands for anything.
    """
    lines = iter(output.splitlines())
    for line in shown:
        pattern = re.compile(_alike(line.strip()))
        if line.strip() not in ("", "...") and not any(pattern.fullmatch(told.strip()) for told in lines):
            return line
    return None


def _alike(line: str) -> str:
    pattern, last = "", 0
    for found in _VARIES.finditer(line):
        pattern += re.escape(line[last : found.start()]) + _ALIKE[str(found.lastgroup)]
        last = found.end()
    return pattern + re.escape(line[last:])
