"""What the CRD's rules in CEL ask for, by the text of the rule, so that enough of what is made is admitted.

A rule that is not in one of the tables makes the generator fail: a new rule needs a line here.
"""

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

from dataservice_operator.crd.resources import is_quantity
from dataservice_operator.render.quantity import amount

KNOWN_NAMES: Final = ("orders", "warehouse")
"""Secrets and ConfigMaps that are there."""

KNOWN_KEYS: Final = ("uri", "schema.json")
"""Keys that each of them has."""


@dataclass(frozen=True)
class Texts:
    """Texts, or numbers in their place, that satisfy a rule."""

    usual: st.SearchStrategy[Any]
    bounds: tuple[Any, ...]
    """The shortest and longest, the least and most."""

    def strategy(self) -> st.SearchStrategy[Any]:
        return self.usual | st.sampled_from(self.bounds)


@dataclass(frozen=True)
class Keys:
    """Keys of a map that satisfy its rules."""

    usual: st.SearchStrategy[str]
    numbered: Callable[[int], str]
    """As many as are wanted."""


def _like(pattern: str) -> st.SearchStrategy[str]:
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True)


def any_text(
    *, most: int = 20, without: str = "", least: int = 0, blanks: bool = True
) -> st.SearchStrategy[str]:
    """Any characters that UTF-8 has, those included that YAML and JSON escape."""
    if blanks:
        return st.text(
            st.characters(codec="utf-8", exclude_characters=without), min_size=least, max_size=most
        )
    allowed = st.characters(codec="utf-8", exclude_characters=without, exclude_categories=("Cs", "Cc", "Z"))
    return st.text(allowed, min_size=least, max_size=most)


_SUBDOMAIN = r"[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,8}[a-z0-9])?)?"
_names = st.sampled_from(KNOWN_NAMES) | _like(_SUBDOMAIN)
_NAME_BOUNDS = ("a", ".".join(["a" * 62] * 4), "a" * 253)
_label_keys = st.sampled_from(["kubernetes.io/arch", "zone", "a.b/C_d.e"]) | _like(
    r"([a-z]{1,8}\.[a-z]{2}/)?[A-Za-z0-9]([-_.A-Za-z0-9]{0,8}[A-Za-z0-9])?"
)
_LONGEST_LABEL_KEY = f"{_NAME_BOUNDS[1]}/{'k' * 63}"
_sizes = st.builds(
    "{}{}".format,
    st.integers(1, 4096) | st.sampled_from(["1.5", "0.5", "+2", "1.0001", "007"]),
    st.sampled_from(["Mi", "Gi", "Ti", "M", "G", "e9", "E"]),
)
_shares = st.builds(
    "{}{}".format,
    st.integers(0, 4000) | st.sampled_from(["1.5", "0.5", ".5", "5.", "+2", "1.0001", "1000"]),
    st.sampled_from(["", "m", "u", "n", "k", "M", "Mi", "Ki", "Gi", "e3", "E-3", "e0"]),
)
_HUGE: Final = ("1Ei", "1E", "1e18", "999999999999999999", 10**17, "1048576Ti")
_path_part = st.from_regex(re.compile(r"[A-Za-z0-9._~!$&'()*+,;=:@%-]{1,8}", re.ASCII), fullmatch=True)
_index_fields = st.sampled_from(["_id", "-_created_at", "_etag", "sku", "-sku", "a.b"]) | st.builds(
    "{}{}".format,
    st.sampled_from(["", "-"]),
    st.lists(any_text(most=4, without='_-.$"', least=1, blanks=False), min_size=1, max_size=3).map(".".join),
)

_CLAIM = Texts(
    st.sampled_from(["https://login.example.com/", "orders"]) | any_text(most=30, least=1, blanks=False),
    ("x", "y" * 2048, "\N{GRINNING FACE}" * 2048),
)

_IS_QUANTITY: Final = is_quantity("self")
_UP_TO_1EI: Final = "&& !quantity(string(self)).isGreaterThan(quantity('1Ei'))"

TEXTS: Final[Mapping[str, Texts]] = {
    "!format.dns1123Subdomain().validate(self).hasValue()": Texts(_names, _NAME_BOUNDS),
    "self == '' || !format.dns1123Subdomain().validate(self).hasValue()": Texts(_names, ("", *_NAME_BOUNDS)),
    "!format.dns1123Subdomain().validate(self.startsWith('*.') ? self.substring(2) : self).hasValue()": Texts(
        _names.map(lambda name: f"*.{name}.example") | _names, _NAME_BOUNDS
    ),
    "self.matches('^[-._a-zA-Z0-9]+$')": Texts(
        st.sampled_from(KNOWN_KEYS) | _like(r"[-._a-zA-Z0-9]{1,12}"), ("k", "k" * 253, ".", "..")
    ),
    r"""self.matches('^[^/\\\\. "$*<>:|?\\x00-\\x1f]*$') && size(bytes(self)) < 64""": Texts(
        any_text(most=15, without='/\\. "$*<>:|?' + "".join(map(chr, range(0x20))), least=1),
        ("d", "d" * 63, "\u00e4" * 31),
    ),
    r"self.matches('^[^$\\x00-\\x1f]*$') && !self.startsWith('system.')": Texts(
        any_text(without="$" + "".join(map(chr, range(0x20))), least=1), ("c", "\N{GRINNING FACE}" * 190)
    ),
    f"{_IS_QUANTITY} && quantity(string(self)).compareTo(quantity('1Mi')) >= 0 {_UP_TO_1EI}": Texts(
        _sizes | st.integers(2**20, 10**17), ("1Mi", 2**20, "1048576000m", *_HUGE)
    ),
    f"{_IS_QUANTITY} && !quantity(string(self)).isLessThan(quantity('0')) {_UP_TO_1EI}": Texts(
        _shares | st.integers(0, 64), (0, "0", "-0", "1n", "1e-99", *_HUGE)
    ),
    "type(self) == int ? self >= 0 && self <= 1000 : self.matches('^([0-9]|[1-9][0-9]|100)%$')": Texts(
        st.integers(0, 1000) | st.integers(0, 100).map("{}%".format), (0, 1000, "0%", "100%")
    ),
    r"self.matches('^[^\\s\\x00-\\x1f]+$')": _CLAIM,
    r"self.matches('^https://[^\\s/?#@]+([/?][^\\s#]*)?$') || "
    r"self.matches('^http://[-a-z0-9.]+[.]svc([.]cluster[.]local)?(:[0-9]{1,5})?([/?][^\\s#]*)?$')": Texts(
        _names.map(lambda name: f"https://{name}/keys")
        | _names.map(lambda name: f"http://{name}.svc.cluster.local:8080/keys?a=\u00e4"),
        ("https://a", "https://a/" + "b" * 2038),
    ),
    r"self == '*' || self.matches('^https?://([-a-z0-9.]+|\\[[0-9a-f:.]+\\])(:[0-9]{1,5})?$')": Texts(
        _names.map(lambda name: f"https://{name}:443") | st.sampled_from(["*", "http://[::1]:3000"]),
        ("http://a", "https://" + "a" * 292),
    ),
    r"""self.matches('^-?[^-.$"\\s\\x00-\\x1f][^.$"\\s\\x00-\\x1f]*([.][^.$"\\s\\x00-\\x1f]+)*$')""": Texts(
        _index_fields, ("a", "-" + "a" * 255)
    ),
    r"self.matches('^\\S*$')": Texts(
        st.sampled_from(["registry.example.com/dataservice:2", "dataservice", "Not/An:Image@"])
        | any_text(least=1, blanks=False),
        ("i", "i" * 512),
    ),
    "!format.labelValue().validate(self).hasValue()": Texts(
        _like(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,8}[A-Za-z0-9])?)?"), ("", "v" * 63)
    ),
    "self == '' || !format.qualifiedName().validate(self).hasValue()": Texts(
        _label_keys, ("k", _LONGEST_LABEL_KEY)
    ),
    r"self.matches('^/[^\\s]*$') && !self.contains('//') && !self.contains('/./') && !self.contains('/../') "
    "&& !self.endsWith('/.') && !self.endsWith('/..') && !self.lowerAscii().contains('%2f')": Texts(
        st.lists(_path_part, min_size=1, max_size=3)
        .map(lambda parts: "/" + "/".join(parts))
        .filter(lambda path: "%2f" not in path.lower() and not {".", ".."} & set(path.split("/"))),
        ("/", "/" + "p" * 1023, "/a/", "/\N{GRINNING FACE}"),
    ),
    "isCIDR(self) && cidr(self) == cidr(self).masked()": Texts(
        st.builds("10.{}.0.0/{}".format, st.integers(0, 255), st.integers(16, 32))
        | st.sampled_from(["2001:db8::/32", "10.0.0.0/8"]),
        ("0.0.0.0/0", "::/0", "255.255.255.255/32", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"),
    ),
}
"""Of a single value: what to write there. Of two rules of one value the first decides, see IMPLIED."""

IMPLIED: Final = frozenset(
    {
        "!self.matches('^-?_') || self.matches('^-?_(id|etag|created_at|updated_at)$')",
        "!self.exists(k, k.upperAscii().startsWith('DATASERVICE_'))",
    }
)
"""Satisfied by what is written for the rule before."""

_LABELS = Keys(_label_keys, "l{}".format)
KEYS: Final[Mapping[str, Keys]] = {
    "self.all(k, k.matches('^[A-Za-z_][A-Za-z0-9_]*$'))": Keys(
        _like(r"[A-Za-z_][A-Za-z0-9_]{0,10}").filter(lambda key: not key.upper().startswith("DATASERVICE_")),
        "K{}".format,
    ),
    "self.all(k, k in ['cpu', 'memory', 'ephemeral-storage'] || "
    "k.contains('/') || k.startsWith('hugepages-'))": Keys(
        st.sampled_from(
            [
                *["cpu", "memory", "ephemeral-storage"] * 4,
                "example.com/gpu",
                "hugepages-2Mi",
                "hugepages-",
                "/",
            ]
        ),
        "example.com/r{}".format,
    ),
    "self.all(k, !format.qualifiedName().validate(k).hasValue())": _LABELS,
    "self.all(k, !format.qualifiedName().validate(k.lowerAscii()).hasValue())": Keys(
        _label_keys | st.sampled_from(["EXAMPLE.com/Owner"]), "example.com/a{}".format
    ),
}
"""Of a map: its keys."""

TRANSITIONS: Final = frozenset(
    {
        "has(self.mongodb) == has(oldSelf.mongodb)",
        (
            f"!({_IS_QUANTITY}) || !({is_quantity('oldSelf')}) || "
            "!quantity(string(self)).isLessThan(quantity(string(oldSelf)))"
        ),
        (
            "!has(oldSelf.storageClassName) || "
            "has(self.storageClassName) && self.storageClassName == oldSelf.storageClassName"
        ),
    }
)
"""Of a change: the API server alone is the judge."""

Object = dict[str, Any]


def _one_database(database: Object) -> Object:
    if "mongodb" in database:
        return {"mongodb": database["mongodb"]}
    return database if "embedded" in database else {"embedded": {"size": "1Gi"}}


def _one_pod(spec: Object) -> Object:
    embedded = "embedded" in spec["database"]
    return {**spec, "replicas": 1} if embedded and spec.get("replicas", 1) > 1 else spec


def _pods_of_one(spec: Object) -> Object:
    return _without(spec, "autoscaling") if "embedded" in spec["database"] else spec


def _keys_secret(auth: Object) -> Object:
    return _with_iff(auth, "keysSecret", {"name": KNOWN_NAMES[0]}, wanted=auth["mode"] == "APIKey")


def _jwt(auth: Object) -> Object:
    jwt = {"issuer": "https://a", "audience": "b", "jwksURL": "https://a/keys"}
    return _with_iff(auth, "jwt", jwt, wanted=auth["mode"] == "JWT")


def _rate(limits: Object) -> Object:
    return {"requestsPerSecond": 1, **limits} if "burst" in limits else limits


def _least_first(scaling: Object) -> Object:
    return {**scaling, "maxReplicas": max(scaling["maxReplicas"], scaling.get("minReplicas", 1))}


def _requests_within(resources: Object) -> Object:
    limits = resources.get("limits", {})
    return {
        part: {
            name: limits[name]
            if part == "requests" and name in limits and amount(value) > amount(limits[name])
            else value
            for name, value in values.items()
        }
        for part, values in resources.items()
    }


def _taint_key(toleration: Object) -> Object:
    named = toleration.get("key") or toleration.get("operator") == "Exists"
    return toleration if named else {**toleration, "operator": "Exists"}


def _taint_value(toleration: Object) -> Object:
    return _without(toleration, "value") if toleration.get("operator") == "Exists" else toleration


def _taint_seconds(toleration: Object) -> Object:
    return {**toleration, "effect": "NoExecute"} if "tolerationSeconds" in toleration else toleration


def _domains(spread: Object) -> Object:
    return spread if spread["whenUnsatisfiable"] == "DoNotSchedule" else _without(spread, "minDomains")


def _one_bound(budget: Object) -> Object:
    if "minAvailable" in budget:
        return _without(budget, "maxUnavailable")
    return {"maxUnavailable": 1, **budget}


def _one_peer(peer: Object) -> Object:
    if "podSelector" in peer:
        return _without(peer, "ipBlock")
    return _without(peer, "namespaceSelector") if "ipBlock" in peer else peer or {"podSelector": {}}


def _label_values(requirement: Object) -> Object:
    some = requirement["operator"] in ("In", "NotIn")
    if not some:
        return _without(requirement, "values")
    return requirement if requirement.get("values") else {**requirement, "values": ["a"]}


def _last_port(ports: Object) -> Object:
    return {**ports, "endPort": max(ports["endPort"], ports["port"])} if "endPort" in ports else ports


def _without(value: Object, *names: str) -> Object:
    return {name: part for name, part in value.items() if name not in names}


def _with_iff(value: Object, name: str, default: Any, *, wanted: bool) -> Object:
    return {name: default, **value} if wanted else _without(value, name)


def _once(items: Iterable[Any], key: Callable[[Any], Hashable]) -> list[Any]:
    return list({key(item): item for item in items}.values())


MENDS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "!has(self.database.embedded) || self.replicas <= 1": _one_pod,
    "!has(self.database.embedded) || !has(self.autoscaling)": _pods_of_one,
    "has(self.mongodb) != has(self.embedded)": _one_database,
    "(self.mode == 'APIKey') == has(self.keysSecret)": _keys_secret,
    "(self.mode == 'JWT') == has(self.jwt)": _jwt,
    "!has(self.burst) || has(self.requestsPerSecond)": _rate,
    "!self.exists(origin, origin == '*') || size(self) == 1": lambda origins: (
        ["*"] if "*" in origins else origins
    ),
    "!has(self.schema) || !has(self.schemaFrom)": lambda data: (
        _without(data, "schemaFrom") if "schema" in data else data
    ),
    "self.all(a, self.exists_one(b, a.fields == b.fields))": lambda indexes: _once(
        indexes, lambda index: tuple(index["fields"])
    ),
    "self.fields.all(a, self.fields.exists_one(b, "
    "(a.startsWith('-') ? a.substring(1) : a) == (b.startsWith('-') ? b.substring(1) : b)))": lambda index: {
        **index,
        "fields": _once(index["fields"], lambda field: field.removeprefix("-")),
    },
    "self.fields != ['_id'] && self.fields != ['-_id']": lambda index: (
        {**index, "fields": ["_etag"]} if index["fields"] in (["_id"], ["-_id"]) else index
    ),
    "self.minReplicas <= self.maxReplicas": _least_first,
    "!has(self.requests) || !has(self.limits) || self.requests.all(k, !(k in self.limits) || "
    f"!({is_quantity('self.requests[k]')}) || !({is_quantity('self.limits[k]')}) || "
    "!quantity(string(self.requests[k])).isGreaterThan(quantity(string(self.limits[k]))))": _requests_within,
    "(has(self.key) && self.key != '') || (has(self.operator) && self.operator == 'Exists')": _taint_key,
    "!(has(self.operator) && self.operator == 'Exists' && has(self.value) && self.value != '')": _taint_value,
    "!has(self.tolerationSeconds) || (has(self.effect) && self.effect == 'NoExecute')": _taint_seconds,
    "self.all(a, self.exists_one(b, a.topologyKey == b.topologyKey && "
    "a.whenUnsatisfiable == b.whenUnsatisfiable))": lambda constraints: _once(
        constraints, lambda each: (each["topologyKey"], each["whenUnsatisfiable"])
    ),
    "!has(self.minDomains) || self.whenUnsatisfiable == 'DoNotSchedule'": _domains,
    "has(self.minAvailable) != has(self.maxUnavailable)": _one_bound,
    "has(self.ipBlock) != (has(self.podSelector) || has(self.namespaceSelector))": _one_peer,
    "self.operator in ['In', 'NotIn'] ? has(self.values) && size(self.values) > 0 "
    ": !has(self.values) || size(self.values) == 0": _label_values,
    "!has(self.endPort) || self.endPort >= self.port": _last_port,
}
"""Of an object or a list: the same, changed so that the rule holds."""
