"""The commands that the documents show."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TUTORIAL = ROOT / "docs/tutorial.md"
GUIDES = ROOT / "docs/how-to"
RECORDS = ROOT / "docs/adr"
"""Decisions tell of commands, and ask nobody to run them."""

PROGRAM = re.compile(r"(make|kubectl|helm|docker|gh|python3?|pytest|[./]*\.venv/bin/\S+|[A-Z_]+=\S+) ")
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def documents() -> list[Path]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "k8s").rglob("*.md")]
    return sorted(path for path in found if RECORDS not in path.parents)


def commands(document: Path) -> set[str]:
    """Each line after a prompt, and each piece of code in a sentence that is a whole command.

    What stands after the prompts of a guide is not among them: a guide is followed as a whole, by `guide.py`.
    """
    text = document.read_text(encoding="utf-8")
    blocks = [] if is_guide(document) else FENCE.findall(text)
    shown = {line for language, block in blocks if language == "console" for line in _prompted(block)}
    return shown | set(_inline(FENCE.sub("", text)))


def is_guide(document: Path) -> bool:
    return document == TUTORIAL or document.parent == GUIDES


def _prompted(block: str) -> Iterator[str]:
    for line in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        yield re.sub(r"\s+# .*", "", line)


def _inline(text: str) -> Iterator[str]:
    for code in re.findall(r"`([^`\n]+)`", text):
        program = PROGRAM.match(code)
        if program and "..." not in code and (program[1] == "make" or len(code.split()) > 2):
            yield code
