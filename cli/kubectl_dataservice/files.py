"""Manifests in a file, as kubectl reads them: YAML or JSON, several documents, Lists."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import yaml

from kubectl_dataservice.errors import Exit, Problem

Raw = dict[str, Any]
STANDARD_INPUT: Final = "-"


class _Loader(yaml.SafeLoader):
    """As Kubernetes reads YAML: what looks like a date is text, for JSON has no dates."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own table, without one entry
        first: [(tag, form) for tag, form in resolvers if tag != "tag:yaml.org,2002:timestamp"]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }


def manifests(filename: str) -> list[Raw]:
    """Every object of the file.

    Raises:
        Problem: it cannot be read, or is not YAML of objects.
    """
    told = "standard input" if filename == STANDARD_INPUT else filename
    try:
        documents = list(yaml.load_all(_text(filename), Loader=_Loader))
    except OSError as error:
        raise Problem(f"{told} cannot be read: {error.strerror}", Exit.USAGE) from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise Problem(f"{told} is not YAML: {_place(error)}", Exit.USAGE) from error
    found = [each for document in documents if document is not None for each in _objects(document)]
    for each in found:
        if not isinstance(each, dict) or not isinstance(each.get("metadata", {}), dict) or "kind" not in each:
            raise Problem(
                f"{told} holds something that is no object of Kubernetes: it has no kind", Exit.USAGE
            )
    return found


def _text(filename: str) -> str:
    if filename == STANDARD_INPUT:
        return sys.stdin.buffer.read().decode()
    return Path(filename).read_text(encoding="utf-8")


def _objects(document: Any) -> Iterator[Any]:
    """The items of a List; else the document itself."""
    if isinstance(document, dict) and document.get("kind") == "List":
        yield from document.get("items") or ()
    else:
        yield document


def _place(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    cause = getattr(error, "problem", None) or str(error).splitlines()[0] or type(error).__name__
    return f"line {mark.line + 1}, column {mark.column + 1}: {cause}" if mark else cause
