"""The table of reasons, held against the source of operator and service: where each word is written down."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataservice_operator.crd.reasons import REASONS

ROOT = Path(__file__).resolve().parents[3]
SOURCES = (
    "operator/dataservice_operator/reconcile",
    "operator/dataservice_operator",
    "service/dataservice/services",
)
POSITIONS = {"Problem": 0, "Verdict": 1, "Event": 1, "held_up": 0, "call_later": 2}
"""Which argument of a call is a reason."""

WORD = re.compile(r"(?:[A-Z][a-z]+)+|OOMKilled")
CLASSES_AS_REASONS = {"IndexConflict", "IndexRefused"}
"""Named by `type(error).__name__` in `services/indexing.py`."""

NEVER_IN_A_STATUS = {"Draining"}
"""What a pod says while it stops is passed over by `reconcile/pod_answers.py`."""


def _written() -> set[str]:
    files = {file for folder in SOURCES for file in (ROOT / folder).glob("*.py")}
    return {word for file in files for word in _reasons(ast.parse(file.read_text()))}


def _reasons(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        for place in _places(node):
            texts = (part.value for part in ast.walk(place) if isinstance(part, ast.Constant))
            yield from (text for text in texts if isinstance(text, str) and WORD.fullmatch(text))


def _places(node: ast.AST) -> Iterator[ast.expr]:
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)):
            yield from (keyword.value for keyword in node.keywords if keyword.arg == "reason")
            yield from node.args[POSITIONS[name] :][:1] if name in POSITIONS else ()
        case ast.Assign(targets=[ast.Name(id="reason")]):
            yield node.value
        case ast.FunctionDef(name="reason_of", body=[ast.Return(value=ast.expr() as returned)]):
            yield returned
        case ast.FunctionDef() if any(arg.arg == "reason" for arg in node.args.kwonlyargs):
            yield from (default for default in node.args.kw_defaults if default is not None)
        case _:
            pass


WRITTEN = _written()


def test_every_reason_that_is_written_is_explained() -> None:
    assert set(REASONS) == (WRITTEN | CLASSES_AS_REASONS) - NEVER_IN_A_STATUS


@pytest.mark.parametrize("reason", REASONS.values(), ids=REASONS)
def test_it_is_explained_in_sentences(reason: object) -> None:
    filled = [str(text).format(name="orders", namespace="shop") for text in vars(reason).values() if text]
    assert filled
    assert all("{" not in text and text[0].isupper() | text.startswith("kubectl ") for text in filled)
