"""The commands that the documents show."""

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RECORDS = ROOT / "docs/adr"
"""Decisions tell of commands, and ask nobody to run them."""

PROGRAM = re.compile(r"(make|kubectl|helm|docker|gh|python3?|pytest|[./]*\.venv/bin/\S+|[A-Z_]+=\S+) ")
FENCE = re.compile(r"```(\w*)\n(.*?)```", re.DOTALL)


def documents() -> list[Path]:
    found = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "k8s").rglob("*.md")]
    return sorted(path for path in found if RECORDS not in path.parents)


def commands(document: Path) -> set[str]:
    """Each line after a prompt, and each piece of code in a sentence that is a whole command."""
    text = document.read_text(encoding="utf-8")
    shown = {
        line for language, block in FENCE.findall(text) if language == "console" for line in _prompted(block)
    }
    return shown | set(_inline(FENCE.sub("", text)))


def _prompted(block: str) -> Iterator[str]:
    for line in re.findall(r"^\$ (.*)$", block, re.MULTILINE):
        yield re.sub(r"\s+# .*", "", line)


def _inline(text: str) -> Iterator[str]:
    for code in re.findall(r"`([^`\n]+)`", text):
        program = PROGRAM.match(code)
        if program and "..." not in code and (program[1] == "make" or len(code.split()) > 2):
            yield code
