"""What is safe to hand to strangers of an object or a log.

By place: what a user may write a secret into is left out whatever it holds (spec.config, the environment of containers,
their arguments, annotations that are not ours, the data of a Secret). By form: what looks like a credential is left out
wherever it stands. By value: what spec.config and the environment hold is left out of every other text as well.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final

REDACTED: Final = "[redacted]"

_OURS: Final = ("dataservice.dev/", "deployment.kubernetes.io/")
"""Annotations whose values are shown: what operator and Deployment controller wrote."""

_OUR_VARIABLES: Final = "DATASERVICE_"
"""Variables that the operator renders from the rest of the spec, which is shown: `orders` is no secret."""

_ARGUMENTS: Final = frozenset({"args", "command"})
_NAMED_VALUES: Final = frozenset({"env", "httpHeaders"})
_NAMES_OF_SECRETS: Final = frozenset({"secret", "tlsSecret"})

_SHORTEST: Final = 8
"""Characters; a shorter value, such as `true`, would be struck out of half the bundle."""

_CREDENTIAL: Final = (
    r"password|passwd|passphrase|pwd|secret|token|credentials?|authorization|cookie|"
    r"(?:api|access|private|signing|account)[-_]?key"
)
_CREDENTIAL_NAME: Final = re.compile(rf".*(?:{_CREDENTIAL})", re.IGNORECASE)
_IS: Final = r"""["']?[ \t]*[=:](?![ \t]*["']?\[redacted\])[ \t]*"""
_VALUE: Final = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*'|[^\s"'&,;{}\[\]]+)"""
_FORMS: Final[Sequence[tuple[re.Pattern[str], str]]] = tuple(
    (re.compile(pattern, re.IGNORECASE | re.DOTALL), instead)
    for pattern, instead in (
        (r"-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|\Z)", REDACTED),
        # Whole: the query can hold a credential, as well as what stands before the host.
        (r"(mongodb(?:\+srv)?|postgres(?:ql)?|mysql|rediss?|amqps?)://[^\s\"'<>]+", rf"\1://{REDACTED}"),
        (r"(?<![\w+.-])([a-z][a-z0-9+.-]*://)[^\s\"'<>]*@", rf"\1{REDACTED}@"),
        (rf"((?:authorization|cookie){_IS})[^\r\n\"']+", rf"\1{REDACTED}"),
        (r"\b(bearer|basic)[ \t]+[\w.~+/-]{6,}=*", rf"\1 {REDACTED}"),
        (r"eyJ[\w-]{5,}\.[\w-]+(?:\.[\w-]*)?", REDACTED),
        (r"dsk_[\w-]{16,}", REDACTED),
        (rf"(?<![\w.-])([\w.-]*(?:{_CREDENTIAL}){_IS}){_VALUE}", rf"\1{REDACTED}"),
    )
)

Redaction = Callable[[Any], Any]


def redaction(objects: Iterable[Any]) -> Redaction:
    """What redacts any of these objects, and any text that may repeat what they hide."""
    hidden = sorted({value for each in objects for value in _hidden(each)}, key=len, reverse=True)
    spoken = re.compile("|".join(re.escape(value) for value in hidden)) if hidden else None
    return lambda value: _redacted(value, spoken)


def _redacted(value: Any, spoken: re.Pattern[str] | None) -> Any:
    if isinstance(value, str):
        return _text(value, spoken)
    if isinstance(value, Mapping):
        secret = value.get("kind") == "Secret"
        return {
            name: REDACTED if secret and name in ("data", "stringData") else _field(name, below, spoken)
            for name, below in value.items()
            if name != "managedFields"
        }
    if isinstance(value, Sequence):
        return [_redacted(each, spoken) for each in value]
    return value


def _field(name: str, value: Any, spoken: re.Pattern[str] | None) -> Any:
    if name == "config" and isinstance(value, Mapping):
        return dict.fromkeys(value, REDACTED)
    if name == "annotations" and isinstance(value, Mapping):
        return {
            key: _redacted(each, spoken) if key.startswith(_OURS) else REDACTED for key, each in value.items()
        }
    if name in _ARGUMENTS and isinstance(value, Sequence):
        return REDACTED
    if name in _NAMED_VALUES and isinstance(value, Sequence):
        return [_without_value(each, spoken) for each in value]
    if isinstance(value, str) and _CREDENTIAL_NAME.fullmatch(name) and name not in _NAMES_OF_SECRETS:
        return REDACTED
    return _redacted(value, spoken)


def _without_value(each: Any, spoken: re.Pattern[str] | None) -> Any:
    redacted = _redacted(each, spoken)
    return {**redacted, "value": REDACTED} if isinstance(each, Mapping) and "value" in each else redacted


def _text(text: str, spoken: re.Pattern[str] | None) -> str:
    text = "".join(_line(line, spoken) for line in text.splitlines(keepends=True))
    if spoken:
        text = spoken.sub(REDACTED, text)
    for form, instead in _FORMS:
        text = form.sub(instead, text)
    return text


def _line(line: str, spoken: re.Pattern[str] | None) -> str:
    """A line of JSON is redacted as the object that it is: within its strings, quotes are escaped."""
    if not line.startswith("{"):
        return line
    try:
        return (
            json.dumps(_redacted(json.loads(line), spoken), ensure_ascii=False) + line[len(line.rstrip()) :]
        )
    except (ValueError, RecursionError):
        return line


def _hidden(value: Any) -> Iterator[str]:
    """What an object's spec.config and environment hold."""
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _long(_hidden_field(name, below))
            yield from _hidden(below)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for each in value:
            yield from _hidden(each)


def _hidden_field(name: str, value: Any) -> Iterator[Any]:
    if name == "config" and isinstance(value, Mapping):
        yield from value.values()
    elif name in _NAMED_VALUES and isinstance(value, Sequence):
        for each in value:
            if isinstance(each, Mapping) and not str(each.get("name")).startswith(_OUR_VARIABLES):
                yield each.get("value")


def _long(values: Iterable[Any]) -> Iterator[str]:
    return (each for each in values if isinstance(each, str) and len(each) >= _SHORTEST)
