"""What the operator would change: its own comparison, of what is ours in a live child with what is rendered."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dataservice_operator.cluster.kinds import Kind, kind_of
from dataservice_operator.cluster.ownership import digest_of_manifest, digest_of_owned, owned
from kubectl_dataservice.output import yaml_text

Raw = dict[str, Any]

_IDENTITY: Final = ("name", "namespace")
_KEYS: Final = ("name", "uid", "containerPort", "port")
"""Fields by which items of a list are told apart, as far as our manifests have such lists."""


@dataclass(frozen=True)
class Difference:
    kind: Kind
    name: str
    live: Raw | None
    """None where it would be created. Only what is ours, or would be."""

    wanted: Raw | None
    """None where it would be deleted."""

    @property
    def action(self) -> str:
        if self.live is None:
            return "create"
        return "delete" if self.wanted is None else "change"


def differences(
    wanted: Sequence[Raw], live: Mapping[tuple[Kind, str], Raw], unwanted: Sequence[Raw]
) -> list[Difference]:
    """Of each child that is not as rendered, and of those that are not asked for any more."""
    found = []
    for manifest in wanted:
        kind, name = kind_of(manifest), manifest["metadata"]["name"]
        raw = live.get((kind, name))
        if raw is None:
            found.append(Difference(kind, name, None, _fields(manifest)))
        elif digest_of_owned(owned(raw)) != digest_of_manifest(manifest):
            fields = _fields(manifest)
            found.append(Difference(kind, name, _shown(raw, owned(raw), fields), fields))
    return found + [Difference(kind_of(raw), raw["metadata"]["name"], owned(raw), None) for raw in unwanted]


def unified(difference: Difference) -> Iterator[str]:
    """As `diff -u` writes it."""
    name = f"{difference.kind.name}/{difference.name}"
    live, wanted = _lines(difference.live), _lines(difference.wanted)
    yield from difflib.unified_diff(live, wanted, f"live/{name}", f"wanted/{name}", lineterm="")


def changes(difference: Difference) -> list[Raw]:
    """Each value that differs, by its JSON pointer; a side without it has none."""
    return list(_changes("", difference.live, difference.wanted))


def _changes(pointer: str, live: Any, wanted: Any) -> Iterator[Raw]:
    if isinstance(live, dict) and isinstance(wanted, dict):
        for key in dict.fromkeys([*live, *wanted]):
            escaped = key.replace("~", "~0").replace("/", "~1")
            yield from _changes(f"{pointer}/{escaped}", live.get(key), wanted.get(key))
    elif isinstance(live, list) and isinstance(wanted, list) and len(live) == len(wanted):
        for position, (one, other) in enumerate(zip(live, wanted, strict=True)):
            yield from _changes(f"{pointer}/{position}", one, other)
    elif live != wanted:
        sides = {"live": live, "wanted": wanted}
        yield {"path": pointer, **{side: value for side, value in sides.items() if value is not None}}


def _fields(manifest: Raw) -> Raw:
    """What of a manifest would be ours."""
    metadata = {key: value for key, value in manifest["metadata"].items() if key not in _IDENTITY}
    fields = {key: value for key, value in manifest.items() if key not in ("apiVersion", "kind")}
    return {**fields, "metadata": metadata}


def _shown(live: Any, ours: Any, wanted: Any) -> Any:
    """What is ours, and the live values of what would be: those that somebody else has set over ours."""
    if wanted is None:
        return ours
    if isinstance(live, dict) and isinstance(wanted, dict):
        ours = ours if isinstance(ours, dict) else {}
        return {
            key: _shown(live[key], ours.get(key), wanted.get(key))
            for key in [*wanted, *(key for key in ours if key not in wanted)]
            if key in live
        }
    if isinstance(live, list) and isinstance(wanted, list):
        return _shown_items(live, ours if isinstance(ours, list) else [], wanted)
    return live


def _shown_items(live: list[Any], ours: list[Any], wanted: list[Any]) -> list[Any]:
    """In the order of the live list: what we own of it, and what the manifest names."""
    owns, wants = _by_key(ours), _by_key(wanted)
    if not wants and not owns:
        return live
    return [
        _shown(item, owns.get(_key(item)), wants.get(_key(item)))
        for item in live
        if _key(item) in owns or _key(item) in wants
    ]


def _by_key(items: list[Any]) -> dict[Any, Any]:
    return {_key(item): item for item in items if _key(item) is not None}


def _key(item: Any) -> Any:
    return next((item[name] for name in _KEYS if name in item), None) if isinstance(item, dict) else None


def _lines(side: Raw | None) -> list[str]:
    return [] if side is None else yaml_text(_sorted(side)).splitlines()


def _sorted(value: Any) -> Any:
    """Names in one order on both sides, or a moved line would look like a change."""
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
