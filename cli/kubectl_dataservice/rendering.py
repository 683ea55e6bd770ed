"""What the operator would make of a DataService: its own code, fed with what is known here."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from dataservice_operator.cluster.kinds import DATA_SERVICE
from dataservice_operator.crd.definition import MAX_NAME_LENGTH
from dataservice_operator.crd.resource import DataService, parse
from dataservice_operator.errors import InvalidSpec
from dataservice_operator.reconcile.schemas import with_schema
from dataservice_operator.reconcile.validation import validate
from dataservice_operator.render import image, names
from dataservice_operator.render.children import children
from dataservice_operator.render.inputs import Inputs
from dataservice_operator.settings import DEFAULT_IMAGE
from kubectl_dataservice.errors import Exit, Problem

Raw = dict[str, Any]
Texts = Mapping[tuple[str, str], Mapping[str, str]]
"""Data of ConfigMaps, by namespace and name."""

PLACEHOLDERS: Final = "values in <angle brackets> are not in a file: the operator reads them in the cluster"


def data_services(
    objects: Iterable[Raw], namespace: str | None, file: str, default: str = "default"
) -> list[Raw]:
    """Those among the objects, each with the namespace that it would get.

    Raises:
        Problem: there is none, or one has no name, another version or another namespace than the option says.
    """
    group = DATA_SERVICE.api_version.split("/")[0]
    found = [
        raw
        for raw in objects
        if raw["kind"] == DATA_SERVICE.name and str(raw.get("apiVersion")).split("/")[0] == group
    ]
    if not found:
        raise Problem(f"{file} holds no DataService ({DATA_SERVICE.api_version})", Exit.USAGE)
    return [_placed(raw, namespace, file, default) for raw in found]


def texts(objects: Iterable[Raw], namespace: str) -> Texts:
    """What the ConfigMaps among the objects hold."""
    maps = [raw for raw in objects if raw["kind"] == "ConfigMap"]
    return {
        (raw["metadata"].get("namespace", namespace), raw["metadata"].get("name", "")): raw.get("data") or {}
        for raw in maps
    }


def asked(raw: Raw, known: Texts) -> DataService:
    """The DataService as a value that can be rendered, with its schema in it where that is known.

    Raises:
        Problem: it is not valid; the message points to the field.
    """
    name = raw["metadata"]["name"]
    try:
        parent = parse({"metadata": raw["metadata"], "spec": raw.get("spec") or {}}, reader="plugin")
        text = _schema_text(parent, known)
        parent = parent if text is None else with_schema(parent, text)
        if text is not None or parent.spec.data.schema_from is None:
            validate(parent.spec.data)
    except InvalidSpec as error:
        raise Problem(f"DataService {name!r} is not valid: {error}", Exit.USAGE) from error
    if (parent.spec.database.mongodb is None) == (parent.spec.database.embedded is None):
        told = "/spec/database: write exactly one of mongodb and embedded"
        raise Problem(f"DataService {name!r} is not valid: {told}", Exit.USAGE)
    return parent


def offline(parent: DataService) -> Inputs:
    """What an operator of this version would take where it is the first to see the DataService."""
    chosen, pin = image.choose(parent, default=DEFAULT_IMAGE)
    secret = parent.spec.database.uri_secret
    return Inputs(
        image=chosen,
        image_pin=pin,
        secret_hash=f"<hash of {secret.name}>" if secret else None,
        cursor_key=f"<uid of {names.cursor_secret(parent.metadata.name)}>",
    )


def rendered(parent: DataService, inputs: Inputs) -> Sequence[Raw]:
    """The children, in the order in which the operator applies them.

    Raises:
        Problem: a value is none that Kubernetes takes; admission would have refused it.
    """
    try:
        return children(parent, inputs).manifests()
    except ValueError as error:
        raise Problem(f"DataService {parent.metadata.name!r} is not valid: {error}", Exit.USAGE) from error


def _schema_text(parent: DataService, known: Texts) -> str | None:
    """The schema that stands in a ConfigMap, where that is known."""
    source = parent.spec.data.schema_from
    if source is None:
        return None
    return known.get((parent.metadata.namespace, source.config_map.name), {}).get(source.config_map.key)


def _placed(raw: Raw, namespace: str | None, file: str, default: str) -> Raw:
    metadata = raw.get("metadata") or {}
    name = metadata.get("name")
    if not isinstance(name, str) or not 0 < len(name) <= MAX_NAME_LENGTH:
        raise Problem(f"{file}: metadata.name is missing, or over {MAX_NAME_LENGTH} characters", Exit.USAGE)
    if raw["apiVersion"] != DATA_SERVICE.api_version:
        told = (
            f"{file}: {raw['apiVersion']} is not {DATA_SERVICE.api_version}: upgrade the plugin, or the file"
        )
        raise Problem(told, Exit.USAGE)
    own = metadata.get("namespace")
    if namespace and own and own != namespace:
        told = f"{file}: DataService {name!r} is of namespace {own!r}, not of {namespace!r}: leave -n out"
        raise Problem(told, Exit.USAGE)
    placed = {"uid": f"<uid of {name}>", **metadata, "namespace": own or namespace or default}
    return {**raw, "metadata": placed}
