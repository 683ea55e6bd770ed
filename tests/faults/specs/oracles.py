"""What must hold of a DataService and its children once the operator has acted on a spec: pure, of what was read."""

import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dataservice_operator.cluster.kinds import OPTIONAL
from dataservice_operator.cluster.ownership import digest_of_manifest, digest_of_owned, owned
from dataservice_operator.crd.resource import DataService, parse
from dataservice_operator.errors import InvalidSpec
from dataservice_operator.reconcile import observed
from dataservice_operator.reconcile.validation import validate
from dataservice_operator.render import image, names
from dataservice_operator.render.children import children
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.render.metadata import Manifest
from tests.faults.specs.rules import KNOWN_KEYS, KNOWN_NAMES
from tests.support.honest import assert_honest

Raw = dict[str, Any]
Name = tuple[str, str]
"""Kind and name."""

_OPTIONAL: Final = frozenset(kind.name for kind in OPTIONAL)
_REVISION: Final = "deployment.kubernetes.io/revision"
_OF_ONE_LIFE: Final = (
    "uid",
    "resourceVersion",
    "creationTimestamp",
    "generation",
    "managedFields",
    "nodePort",
    "healthCheckNodePort",
    "status",
)
"""What the API server chooses, and what others write."""


class Broken(AssertionError):
    """An oracle found that something does not hold."""

    step: int | None = None
    """Number of the step of a sequence, from 1, where that is known."""


@dataclass(frozen=True)
class Seen:
    """One DataService and all that carries its label, as read."""

    parent: Raw
    children: Mapping[Name, Raw]
    cursor_key: str | None
    """uid of the Secret with the cursor key."""


@dataclass(frozen=True)
class Settings:
    """Of the operator under test."""

    default_image: str
    schemas: Mapping[tuple[str, str], Any]
    """JSON Schemas by name and key of their ConfigMap."""


@dataclass(frozen=True)
class Verdict:
    """What was found, where nothing is broken."""

    wanted: tuple[Manifest, ...] = ()
    differing: tuple[Manifest, ...] = ()
    """Wanted children that the live ones are not: the API server must refuse each."""
    surplus: tuple[Name, ...] = ()
    """Live children that are not asked for; stay only where another is refused."""
    equal: int = 0
    kept: str = ""
    """Why nothing may have been written; empty where all was to be."""


def honest(parent: Raw) -> None:
    """At any moment. Raises Broken."""
    try:
        assert_honest(parent)
    except AssertionError as error:
        raise Broken(f"the status is not honest: {error}") from error


def judged(seen: Seen, before: Seen | None, settings: Settings) -> Verdict:
    """Compare what is live with what rendering says of the spec. Raises Broken."""
    parent = parse(seen.parent)
    _same_spec(seen.parent, parent)
    try:
        readable = _with_schema(parent, settings)
        validate(readable.spec.data)
    except _Missing as missing:
        return _kept(seen, before, str(missing))
    except InvalidSpec as error:
        return _kept(seen, before, error.reason)
    wanted = children(readable, _inputs(readable, seen, settings)).manifests()
    differing = tuple(manifest for manifest in wanted if not _agrees(seen.children, manifest))
    asked_for = {_name(manifest) for manifest in wanted}
    surplus = tuple(name for name in seen.children if name[0] in _OPTIONAL and name not in asked_for)
    if parent.spec.suspend:
        kept = _kept(seen, before, "Suspended" if differing or surplus else "")
        return Verdict(
            wanted=wanted, equal=len(wanted) - len(differing), kept=kept.kept or "suspended, in step"
        )
    return Verdict(wanted, differing, surplus, len(wanted) - len(differing))


def ready_is_deserved(seen: Seen, verdict: Verdict) -> None:
    """Without nodes no pod runs: Ready is where none is asked for, and all else is there. Raises Broken."""
    spec = parse(seen.parent).spec
    conditions = {each["type"]: each for each in seen.parent["status"]["conditions"]}
    told = conditions["Ready"]
    live = next((raw for (kind, _), raw in seen.children.items() if kind == "Deployment"), None)
    uri, keys = spec.database.uri_secret, spec.api.auth.keys_secret
    lacking = [
        *(["a child"] if verdict.differing else []),
        *(["the spec in force"] if verdict.kept not in ("", "suspended, in step") else []),
        *(["the Secret of the database"] if uri and (uri.name, uri.key) not in _KNOWN else []),
        *(["the Secret of the keys"] if keys and keys.name not in KNOWN_NAMES else []),
        *(["pods"] if live is None or live["spec"].get("replicas", 1) > 0 else []),
    ]
    if (told["status"] == "True") == bool(lacking):
        raise Broken(
            f"Ready is {told['status']} ({told['reason']}: {told['message']}), lacking {lacking or 'nothing'}"
        )
    if (conditions["Suspended"]["status"] == "True") != spec.suspend:
        raise Broken(f"Suspended is {conditions['Suspended']['status']}, spec.suspend is {spec.suspend}")


def same_again(first: Seen, again: Seen) -> None:
    """A after B is what A was before. Raises Broken."""
    one, other = _stable(first), _stable(again)
    if difference := _difference(one, other):
        raise Broken(f"A after B is not what A was:\n{difference}")


def unchanged(before: Seen, after: Seen) -> None:
    """Nothing was written at all. Raises Broken."""
    if difference := _difference(before.parent["spec"], after.parent["spec"]):
        raise Broken(f"a refused spec changed the DataService:\n{difference}")
    _same_children(before, after)


def describe(manifest: Manifest, live: Raw | None) -> str:
    """How a live child differs from the wanted one."""
    mine = {**owned(live), "kind": manifest["kind"]} if live is not None else None
    metadata = {
        name: part for name, part in manifest["metadata"].items() if name not in ("name", "namespace")
    }
    plain = {name: part for name, part in manifest.items() if name != "apiVersion"}
    return _difference({**plain, "metadata": metadata}, mine)


class _Missing(Exception):
    pass


_KNOWN: Final = frozenset((name, key) for name in KNOWN_NAMES for key in KNOWN_KEYS)


def _same_spec(raw: Raw, parent: DataService) -> None:
    """What the operator reads is what is written: no value is taken for another."""
    read = parent.spec.model_dump(mode="json", by_alias=True)
    lost = list(_lost(raw["spec"], read, "spec"))
    if lost:
        raise Broken(f"read otherwise than written: {', '.join(lost)}")


def _lost(written: Any, read: Any, path: str) -> Iterable[str]:
    if isinstance(written, dict) and isinstance(read, dict):
        for name, part in written.items():
            yield from _lost(part, read.get(name), f"{path}.{name}")
    elif isinstance(written, list) and isinstance(read, list) and len(written) == len(read):
        for position, (one, other) in enumerate(zip(written, read, strict=True)):
            yield from _lost(one, other, f"{path}[{position}]")
    elif written != read or isinstance(written, bool) != isinstance(read, bool):
        yield f"{path}: {written!r} as {read!r}"


def _with_schema(parent: DataService, settings: Settings) -> DataService:
    source = parent.spec.data.schema_from
    if source is None:
        return parent
    reference = (source.config_map.name, source.config_map.key)
    if reference not in settings.schemas:
        raise _Missing("ConfigMapKeyNotFound" if reference[0] in KNOWN_NAMES else "ConfigMapNotFound")
    data = parent.spec.data.model_copy(update={"document_schema": settings.schemas[reference]})
    return parent.model_copy(update={"spec": parent.spec.model_copy(update={"data": data})})


def _inputs(parent: DataService, seen: Seen, settings: Settings) -> Inputs:
    name = parent.metadata.name
    raw = seen.children.get(("Deployment", name))
    live = observed.deployment(raw) if raw else None
    claim = seen.children.get(("PersistentVolumeClaim", names.volume_claim(name)))
    chosen, pin = image.choose(
        parent,
        default=settings.default_image,
        live_image=live.image if live else None,
        live_pin=live.image_pin if live else None,
    )
    uri, secret_hash = parent.spec.database.uri_secret, live.secret_hash if live else None
    if live and uri and (uri.name, uri.key) in _KNOWN and secret_hash is None and not parent.spec.suspend:
        raise Broken("the pods do not know by which Secret they were started")
    return Inputs(
        image=chosen,
        image_pin=pin,
        secret_hash=secret_hash if uri or secret_hash is None else None,
        cursor_key=seen.cursor_key,
        claim=observed.volume_claim(claim).claim if claim else None,
    )


def _agrees(live: Mapping[Name, Raw], manifest: Manifest) -> bool:
    raw = live.get(_name(manifest))
    return raw is not None and digest_of_owned(owned(raw)) == digest_of_manifest(manifest)


def _kept(seen: Seen, before: Seen | None, why: str) -> Verdict:
    """The children are as they were before this spec. Raises Broken."""
    if before is None:
        made = [name for name in seen.children if name[0] != "Secret"]
        if made:
            raise Broken(f"{why or 'suspended'}, and made all the same: {made}")
    else:
        _same_children(before, seen)
    ready = next(each for each in seen.parent["status"]["conditions"] if each["type"] == "Ready")
    if why and (ready["status"], ready["reason"]) != ("False", why):
        raise Broken(f"{why}, but Ready is {ready['status']} for {ready['reason']}: {ready['message']}")
    return Verdict(kept=why)


def _same_children(before: Seen, after: Seen) -> None:
    one, other = ({name: _plain(raw) for name, raw in seen.children.items()} for seen in (before, after))
    if difference := _difference(_named(one), _named(other)):
        raise Broken(f"the children changed, and were to stay:\n{difference}")


def _stable(seen: Seen) -> Raw:
    """All children but older ConfigMaps, which stay for as long as there are pods to roll back to."""
    live = {name: _plain(raw) for name, raw in seen.children.items()}
    deployment = live.get(("Deployment", seen.parent["metadata"]["name"]))
    mounted = _mounted(deployment) if deployment else frozenset()
    kept = {name: raw for name, raw in live.items() if name[0] != "ConfigMap" or name[1] in mounted}
    spec = parse(seen.parent).spec
    if deployment is not None:
        if spec.autoscaling is not None:
            deployment["spec"].pop("replicas")  # the autoscaler's: left as it was
        uri = spec.database.uri_secret
        if uri is None or (uri.name, uri.key) not in _KNOWN:  # the hash that was known last
            deployment["spec"]["template"]["metadata"]["annotations"].pop(names.SECRET_HASH, None)
    return _named(kept)


def _mounted(deployment: Raw) -> frozenset[str]:
    volumes = deployment["spec"]["template"]["spec"]["volumes"]
    return frozenset(each["configMap"]["name"] for each in volumes if "configMap" in each)


def _plain(raw: Any) -> Any:
    if isinstance(raw, list):
        return [_plain(each) for each in raw]
    if not isinstance(raw, dict):
        return raw
    return {name: _plain(value) for name, value in raw.items() if name not in (_REVISION, *_OF_ONE_LIFE)}


def _named(objects: Mapping[Name, Raw]) -> Raw:
    return {"/".join(name): raw for name, raw in objects.items()}


def _name(manifest: Manifest) -> Name:
    return manifest["kind"], manifest["metadata"]["name"]


def _difference(one: Any, other: Any) -> str:
    before, after = (json.dumps(each, indent=1, sort_keys=True).splitlines() for each in (one, other))
    return "\n".join(_shortened(difflib.unified_diff(before, after, "expected", "found", n=2, lineterm="")))


def _shortened(lines: Iterable[str]) -> Sequence[str]:
    return [line[:200] for line in list(lines)[:60]]
