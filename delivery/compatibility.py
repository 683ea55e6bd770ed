"""What a newer CRD refuses, drops or reads differently of that which an older one took: nothing, within one version.

Compared are structural schemas, so that each break can be said with its path. What a new CEL rule refuses cannot be
told from its text: each counts.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

Schema = Mapping[str, Any]

_AT_MOST: Final = ("maximum", "maxLength", "maxItems", "maxProperties")
_AT_LEAST: Final = ("minimum", "minLength", "minItems", "minProperties")
_SAME: Final = (
    *("type", "format", "pattern", "multipleOf", "default", "nullable", "uniqueItems"),
    *("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields", "x-kubernetes-embedded-resource"),
    *("x-kubernetes-list-type", "x-kubernetes-list-map-keys", "x-kubernetes-map-type"),
)
_RULES: Final = "x-kubernetes-validations"


def breaks(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Sentences, one for each way in which the newer CustomResourceDefinition breaks what the older one promised."""
    return [*_of_names(old["spec"], new["spec"]), *_of_versions(old["spec"], new["spec"])]


def _of_names(old: Schema, new: Schema) -> Iterator[str]:
    for field in ("group", "scope"):
        yield from _changed(field, old[field], new[field])
    for field in ("kind", "plural", "singular"):
        yield from _changed(f"names.{field}", old["names"][field], new["names"][field])
    for name in old["names"].get("shortNames", ()):
        if name not in new["names"].get("shortNames", ()):
            yield f"the short name {name} is gone"


def _of_versions(old: Schema, new: Schema) -> Iterator[str]:
    versions = {version["name"]: version for version in new["versions"]}
    for before in old["versions"]:
        name = before["name"]
        if name not in versions:
            yield f"{name} is gone"
        elif before["served"] and not versions[name]["served"]:
            yield f"{name} is not served any more"
        else:
            yield from _of_version(name, before, versions[name])


def _of_version(name: str, old: Schema, new: Schema) -> Iterator[str]:
    for subresource, value in old.get("subresources", {}).items():
        yield from _changed(f"{name}: {subresource}", value, new.get("subresources", {}).get(subresource))
    schemas = (version["schema"]["openAPIV3Schema"] for version in (old, new))
    yield from _of_schema(name, *schemas)


def _of_schema(path: str, old: Schema, new: Schema) -> Iterator[str]:
    for keyword in _SAME:
        yield from _changed(f"{path}: {keyword}", old.get(keyword), new.get(keyword))
    yield from _of_bounds(path, old, new)
    yield from _of_sets(path, old, new)
    yield from _of_fields(path, old, new)
    for keyword in ("items", "additionalProperties"):
        before, after = old.get(keyword), new.get(keyword)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            yield from _of_schema(f"{path}[]", before, after)
        else:
            yield from _changed(f"{path}: {keyword}", before, after)


def _of_bounds(path: str, old: Schema, new: Schema) -> Iterator[str]:
    for keywords, narrower in ((_AT_MOST, float.__lt__), (_AT_LEAST, float.__gt__)):
        for keyword in keywords:
            before, after = old.get(keyword), new.get(keyword)
            if after is not None and (before is None or narrower(float(after), float(before))):
                yield f"{path}: {keyword} was {before} and is {after}"


def _of_sets(path: str, old: Schema, new: Schema) -> Iterator[str]:
    if "enum" in new and "enum" not in old:
        yield f"{path}: only {', '.join(map(str, new['enum']))} are taken now"
    for value in old.get("enum", ()) if "enum" in new else ():
        if value not in new["enum"]:
            yield f"{path}: the value {value} is not taken any more"
    for field in sorted({*new.get("required", ())} - {*old.get("required", ())}):
        yield f"{path}.{field} must be there now"
    known = {rule["rule"] for rule in old.get(_RULES, ())}
    for rule in new.get(_RULES, ()):
        if rule["rule"] not in known:
            yield f"{path}: a new rule: {rule['rule']}"


def _of_fields(path: str, old: Schema, new: Schema) -> Iterator[str]:
    fields = new.get("properties", {})
    for name, before in old.get("properties", {}).items():
        if name in fields:
            yield from _of_schema(f"{path}.{name}", before, fields[name])
        else:
            yield f"{path}.{name} is gone"


def _changed(what: str, old: Any, new: Any) -> Iterator[str]:
    if old != new:
        yield f"{what} was {old} and is {new}"
