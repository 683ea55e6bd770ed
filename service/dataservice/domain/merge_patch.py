"""JSON Merge Patch (RFC 7396)."""

from collections.abc import Mapping
from typing import Any

import msgspec

from dataservice.domain.json_rules import decode_object


class MergePatch(msgspec.Struct, frozen=True):
    changes: Mapping[str, Any]

    def apply(self, document: Mapping[str, Any]) -> Any:
        return merged(document, self.changes)


def parse_merge_patch(body: bytes) -> MergePatch:
    """Raises MalformedJson or InvalidDocument: what is no object would put itself in the place of the document, and
    what a patch brings is kept by the rules for documents.
    """
    return MergePatch(decode_object(body, frozenset()))


def merged(target: Any, patch: Any) -> Any:
    """Section 2's MergePatch, without changing the target; as deep as the patch is."""
    if not isinstance(patch, Mapping):
        return patch
    result = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        else:
            result[name] = merged(result.get(name), value)
    return result
