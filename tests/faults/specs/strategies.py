"""Hypothesis strategies that are made from the CRD's schema: specs, one change of a spec, one break, and sequences."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Any, Final

from hypothesis import strategies as st

from dataservice_operator.crd.structural import INT_OR_STRING, PRESERVE_UNKNOWN
from tests.faults.specs.rules import KEYS, KNOWN_NAMES, MENDS, TEXTS, Keys, any_text
from tests.faults.specs.schema import (
    Path,
    Place,
    Schema,
    at,
    cut,
    gaps,
    places,
    put,
    rules,
    spec_schema,
)

Spec = dict[str, Any]

_IS_WRITTEN: Final = st.sampled_from([False, True, True])
"""Two of three optional fields: what stands deep is seldom seen otherwise."""

_SHORT: Final = 64
_OBEDIENT_OF_TEN: Final = 9
"""Of ten changes so many keep the rules in CEL."""

_SCHEMAS: Final[tuple[Spec, ...]] = (
    {},
    {"type": "object", "required": ["sku"], "properties": {"sku": {"type": "string"}}},
    {"$ref": "#/$defs/a", "$defs": {"a": {"type": "object"}}},
    {"type": "nothing"},
    {"$ref": "https://example.com/schema"},
    {"properties": {"\N{GRINNING FACE}\x7f": {"const": None}}, "x": [1e300, -0.0, 2**53, ""]},
)
_TERM: Final = {"topologyKey": "zone", "labelSelector": {"matchLabels": {"a": "b"}}}
_AFFINITIES: Final[tuple[Spec, ...]] = (
    {},
    {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [_TERM]}},
    {
        "podAffinity": {
            "preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "podAffinityTerm": _TERM}]
        }
    },
    {"nodeAffinity": {}},
    {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}},
    {"noAffinity": 1},
)
_FREE: Final = {"schema": _SCHEMAS, "affinity": _AFFINITIES}
"""Of what the schema leaves free, by the field's name: what it is for, and what another will refuse."""

_WRONG_TYPES: Final = {
    "object": (["x"], "x", 7),
    "array": ({"x": 1}, "x", 7),
    "string": (7, ["x"], {"x": 1}, True),
    "integer": ("x", ["x"], {"x": 1}, 1.5),
    "boolean": ("x", ["x"], {"x": 1}, 7),
}


def values(schema: Schema, name: str = "", *, inside: bool = False) -> st.SearchStrategy[Any]:  # noqa: PLR0911 - one for each form
    """What a part of the schema admits, its rules in CEL kept where they are about one value alone.

    `name` is the field's; `inside` says whether it stands in a list or map, of which there may be many.
    """
    written = [TEXTS[rule] for rule in rules(schema) if rule in TEXTS]
    match schema:
        case {"enum": members}:
            return st.sampled_from(members)
        case _ if written:
            return written[0].strategy().filter(lambda value: _fits(schema, value))
        case {"properties": fields}:
            return _object(schema, fields, inside=inside)
        case {"items": items}:
            most, least = schema["maxItems"], schema.get("minItems", 0)
            below = values(items, inside=True)
            return _sizes(least, most, inside=inside).flatmap(
                lambda size: st.lists(below, min_size=size, max_size=size)
            )
        case {"additionalProperties": below}:
            return _map(schema, values(below, inside=True), inside=inside)
        case _ if schema.get(PRESERVE_UNKNOWN):
            return st.sampled_from(_FREE[name])
        case {"type": "string"}:
            return any_text(most=min(20, schema["maxLength"])) | st.just("x" * schema["maxLength"])
        case {"type": "integer"}:
            least, most = schema.get("minimum", 0), schema.get("maximum", 2**31 - 1)
            return st.sampled_from([least, most]) | st.integers(least, most)
        case {"type": "boolean"}:
            return st.booleans()
    raise NotImplementedError(f"{name}: {dict(schema)}")


def _object(schema: Schema, fields: Schema, *, inside: bool) -> st.SearchStrategy[Any]:
    needed = schema.get("required", ())
    below = {name: values(part, name, inside=inside) for name, part in fields.items()}

    @st.composite
    def some(draw: st.DrawFn) -> Spec:
        return {name: draw(part) for name, part in below.items() if name in needed or draw(_IS_WRITTEN)}

    return some()


def _map(schema: Schema, below: st.SearchStrategy[Any], *, inside: bool) -> st.SearchStrategy[Any]:
    keys = next((KEYS[rule] for rule in rules(schema) if rule in KEYS), None)
    assert keys is not None, "a map whose keys no rule is about"
    most = schema["maxProperties"]
    some = st.dictionaries(keys.usual, below, max_size=2)
    return some if inside else some | some.map(lambda value: _filled(value, keys, most))


def _filled(value: Spec, keys: Keys, most: int) -> Spec:
    """As many entries as there may be, of a short value: not all of them may be long, or etcd refuses the whole."""
    one = next(iter(value.values()), "0")
    short = one if isinstance(one, int) or len(one) <= _SHORT else "0"
    return {keys.numbered(number): short for number in range(most)}


def _sizes(least: int, most: int, *, inside: bool) -> st.SearchStrategy[int]:
    usual = [least, 1, 1, 1, 2, 2, 3]
    return st.sampled_from([size for size in usual if least <= size <= most] + ([] if inside else [most]))


def _fits(schema: Schema, value: Any) -> bool:
    if isinstance(value, int):
        return True
    return bool(schema.get("minLength", 0) <= len(value) <= schema["maxLength"])


def obedient(schema: Schema, value: Any) -> Any:
    """The same, changed so that it keeps the rules in CEL that are about more than one value."""
    if "properties" in schema:
        value = {name: obedient(schema["properties"][name], below) for name, below in value.items()}
    elif "items" in schema:
        value = [obedient(schema["items"], below) for below in value]
    for rule in rules(schema):
        if rule in MENDS:
            value = MENDS[rule](value)
    return value


@cache
def _whole() -> st.SearchStrategy[Spec]:
    return values(spec_schema())


def specs() -> st.SearchStrategy[Spec]:
    """What the schema admits, and nearly always its rules in CEL."""
    return _whole().map(lambda spec: obedient(spec_schema(), spec))


@dataclass(frozen=True)
class Broken:
    """A spec that the schema refuses, rules in CEL aside."""

    spec: Spec
    path: Path
    keyword: str
    """What of the schema is broken."""


@st.composite
def broken(draw: st.DrawFn, spec: Spec) -> Broken:
    """The spec, broken at one place."""
    there = [place for place in places(spec_schema(), spec) if place.path]
    found = [each for place in there for each in _breaks(place, at(spec, place.path))]
    keyword = draw(st.sampled_from(sorted({keyword for keyword, _, _ in found})))
    _, path, value = draw(st.sampled_from([each for each in found if each[0] == keyword]))
    new = cut(spec, path) if keyword == "required" else put(spec, path, value)
    return Broken(new, path, keyword)


def _breaks(place: Place, value: Any) -> Iterator[tuple[str, Path, Any]]:
    """Keyword, place and what is written there."""
    schema, path = place.schema, place.path
    kind = "string" if schema.get(INT_OR_STRING) else schema["type"]
    wrong = _WRONG_TYPES[kind] if not schema.get(INT_OR_STRING) else (["x"], {"x": 1})
    yield from (("type", path, each) for each in wrong)
    if "enum" in schema:
        yield "enum", path, f"{schema['enum'][0]}x"
    if "minimum" in schema:
        yield "minimum", path, schema["minimum"] - 1
    if "maximum" in schema:
        yield "maximum", path, schema["maximum"] + 1
    if schema.get("minLength"):
        yield "minLength", path, ""
    if "maxLength" in schema and not schema.get(INT_OR_STRING):
        yield "maxLength", path, "x" * (schema["maxLength"] + 1)
    if schema.get("minItems"):
        yield "minItems", path, []
    if "maxItems" in schema and value:
        yield "maxItems", path, [value[0]] * (schema["maxItems"] + 1)
    if "maxProperties" in schema and value:
        below = next(iter(value.values()))
        yield "maxProperties", path, {f"k{number}": below for number in range(schema["maxProperties"] + 1)}
    yield from (("required", (*path, name), None) for name in schema.get("required", ()))


class Verb(StrEnum):
    BEGIN = "begin"
    ADD = "add"
    CHANGE = "change"
    REMOVE = "remove"
    AGAIN = "again"
    """The first spec once more."""
    BREAK = "break"
    """To be refused, naming the path."""


@dataclass(frozen=True)
class Step:
    verb: Verb
    spec: Spec
    path: Path = ()
    keyword: str = ""
    """Of BREAK: what of the schema is broken."""


Sequence = tuple[Step, ...]


@st.composite
def sequences(draw: st.DrawFn, *, most: int = 4) -> Sequence:
    """A spec, up to `most` changes, each of one place, and the first spec again; some broken ones on the way."""
    first = spec = draw(_beginnings())
    steps = [Step(Verb.BEGIN, first)]
    for _ in range(draw(st.integers(1, most))):
        if draw(st.integers(0, 3)) == 0:
            found = draw(broken(spec))
            steps.append(Step(Verb.BREAK, found.spec, found.path, found.keyword))
        step = draw(_changes(spec))
        if step.spec != spec:
            steps.append(step)
            spec = step.spec
    if spec != first:
        steps.append(Step(Verb.AGAIN, first))
    return tuple(steps)


@st.composite
def _beginnings(draw: st.DrawFn) -> Spec:
    """Half of them need no more than is there to be Ready: no pod is asked for."""
    spec = draw(specs())
    if draw(st.booleans()):
        return spec
    still = {name: part for name, part in spec.items() if name not in ("autoscaling", "suspend", "data")}
    still = {**still, "replicas": 0}
    if "mongodb" in spec["database"]:
        secret = {"name": KNOWN_NAMES[0], "key": "uri"}
        still = put(still, ("database", "mongodb", "uriSecret"), secret)
    return still


@st.composite
def _changes(draw: st.DrawFn, spec: Spec) -> Step:
    schema = spec_schema()
    there = [place for place in places(schema, spec) if place.path]
    verb = draw(st.sampled_from([Verb.REMOVE, Verb.CHANGE, Verb.ADD]))
    candidates = {
        Verb.ADD: gaps(schema, spec),
        Verb.CHANGE: there,
        Verb.REMOVE: [place for place in there if not place.required],
    }[verb]
    if not candidates:
        return Step(verb, spec)
    place = draw(st.sampled_from(candidates))
    if verb is Verb.REMOVE:
        new = cut(spec, place.path)
    else:
        name = str(place.path[-1])
        inside = any(isinstance(step, int) for step in place.path)
        new = put(spec, place.path, draw(values(place.schema, name, inside=inside)))
    if draw(st.integers(1, 10)) <= _OBEDIENT_OF_TEN:
        new = obedient(schema, new)
    return Step(verb, new, place.path)
