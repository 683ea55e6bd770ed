"""The page for troubleshooting has a place for each reason and code, and every link to one arrives."""

import re
from functools import cache
from pathlib import Path

import pytest

from dataservice.api import problem_kinds
from dataservice_operator.crd.reasons import REASONS
from delivery.troubleshooting import ADVICE
from tests.support.documents_shown import FENCE, ROOT, documents

HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
LINK = re.compile(r"\]\((?!https?:)([^)#\s]*)(?:#([^)\s]+))?\)")
PAGE = ROOT / "docs/troubleshooting.md"


@cache
def anchors(document: Path) -> set[str]:
    """As GitHub makes them of headings."""
    headings = HEADING.findall(FENCE.sub("", document.read_text(encoding="utf-8")))
    plain = (re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading) for heading in headings)
    return {re.sub(r"[^\w\- ]", "", heading).lower().replace(" ", "-") for heading in plain}


def test_each_reason_and_each_code_has_its_place() -> None:
    assert {name.lower() for name in REASONS} | {kind.code for kind in problem_kinds.KINDS} <= anchors(PAGE)


def test_there_is_advice_for_each_code_and_no_other() -> None:
    assert set(ADVICE) == {kind.code for kind in problem_kinds.KINDS}


@pytest.mark.parametrize("document", documents(), ids=lambda path: str(path.relative_to(ROOT)))
def test_links_between_documents_arrive(document: Path) -> None:
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    for path, anchor in LINK.findall(text):
        target = (document.parent / path).resolve() if path else document
        assert target.exists(), path
        if anchor and target.suffix == ".md":
            assert anchor in anchors(target), f"{path}#{anchor}"
