"""The environment and the files that the operator renders are what the service reads.

The two programs share no code: this is where they meet. A DataService is rendered, its container's environment and
mounts are resolved as a kubelet would, and the service's own code loads them.
"""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from dataservice.domain.index import parse_indexes
from dataservice.errors import InvalidSettings
from dataservice.services.instance import Instance, load_instance
from dataservice.services.readiness import PING_SECONDS
from dataservice.services.schema import ANY_OBJECT, parse_schema
from dataservice.settings import Settings, load_settings
from dataservice_operator.cluster.pods import ANSWER_SECONDS
from dataservice_operator.crd.resource import DataService
from dataservice_operator.errors import InvalidSpec
from dataservice_operator.reconcile.validation import validate
from dataservice_operator.render.children import children
from dataservice_operator.render.cursor_secret import cursor_secret
from tests.operator.samples import EMBEDDED, FULL, INPUTS, SCHEMA, data_service

URI = "mongodb://user:p%40ss@mongo.shop:27017/?replicaSet=rs0"
CURSOR_KEY = bytes(range(32))
JWT = {
    "mode": "JWT",
    "jwt": {
        "issuer": "https://login.example.com/",
        "audience": "orders",
        "jwksURL": "http://login.auth.svc/keys",
    },
}
SPECS: dict[str, dict[str, Any]] = {"minimal": {}, "full": dict(FULL), "jwt": {"api": {"auth": JWT}}}
specs = pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS)


class Pod:
    """What the container of a rendered Deployment is given, its mounts being folders below `root`."""

    def __init__(self, parent: DataService, root: Path) -> None:
        wanted = children(parent, INPUTS)
        spec = wanted.deployment["spec"]["template"]["spec"]
        secret = cursor_secret(parent, CURSOR_KEY, "account-uid")
        reference = parent.spec.database.uri_secret
        self.container: dict[str, Any] = spec["containers"][0]
        self._root = root
        self.volumes = {volume["name"]: volume for volume in spec["volumes"]}
        self._config_maps = {wanted.config_map["metadata"]["name"]: wanted.config_map["data"]}
        self._files = {
            secret["metadata"]["name"]: {
                key: base64.b64decode(value) for key, value in secret["data"].items()
            }
        }
        if parent.spec.api.auth.keys_secret:
            self._files[parent.spec.api.auth.keys_secret.name] = {"till": b"sha256:" + b"0" * 64}
        self._values = {(reference.name, reference.key): URI} if reference else {}

    def environment(self) -> dict[str, str]:
        self._mount()
        return {variable["name"]: self._placed(self._value(variable)) for variable in self.container["env"]}

    def _placed(self, value: str) -> str:
        """A path below a mount, as it is on this machine."""
        mounts = [mount["mountPath"] + "/" for mount in self.container["volumeMounts"]]
        return f"{self._root}{value}" if f"{value}/".startswith(tuple(mounts)) else value

    def _value(self, variable: dict[str, Any]) -> str:
        if "valueFrom" in variable:
            reference = variable["valueFrom"]["secretKeyRef"]
            return self._values[reference["name"], reference["key"]]
        value: str = variable.get("value", "")
        return value

    def _mount(self) -> None:
        for mount in self.container["volumeMounts"]:
            folder = self._root / mount["mountPath"].lstrip("/")
            folder.mkdir(parents=True)
            for name, content in self._content(self.volumes[mount["name"]]):
                (folder / name).write_bytes(content)

    def _content(self, volume: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
        if "configMap" in volume:
            for name, text in self._config_maps[volume["configMap"]["name"]].items():
                yield name, text.encode()
        if "secret" in volume:
            yield from self._files[volume["secret"]["secretName"]].items()


@pytest.fixture
def pod(request: pytest.FixtureRequest, tmp_path: Path) -> Pod:
    return Pod(data_service(**request.getfixturevalue("spec")), tmp_path)


@pytest.fixture
def settings(pod: Pod, monkeypatch: pytest.MonkeyPatch) -> Settings:
    for name in [name for name in os.environ if name.upper().startswith("DATASERVICE_")]:
        monkeypatch.delenv(name)
    for name, value in pod.environment().items():
        monkeypatch.setenv(name, value)
    return load_settings(os.environ)


def unset(section: BaseModel, prefix: str = "") -> Iterator[str]:
    """Settings that were left to their defaults, dotted."""
    for name in type(section).model_fields:
        value = getattr(section, name)
        if name not in section.model_fields_set:
            yield prefix + name
        elif isinstance(value, BaseModel):
            yield from unset(value, f"{prefix}{name}.")


@specs
def test_the_service_reads_what_the_resource_says(spec: dict[str, Any], settings: Settings) -> None:
    wanted = data_service(**spec).spec
    assert wanted.database.mongodb is not None
    mongodb = settings.database.mongodb
    assert (settings.name, settings.namespace) == ("orders", "shop")
    assert settings.database.kind == "mongodb"
    assert mongodb.uri.get_secret_value() == URI
    assert mongodb.database == wanted.database.mongodb.database
    assert mongodb.collection == wanted.database.mongodb.collection
    assert settings.api.auth.mode == wanted.api.auth.mode
    assert settings.api.limits.max_body_bytes == wanted.api.limits.max_body_bytes
    assert settings.api.limits.max_page_size == wanted.api.limits.max_page_size
    assert settings.api.limits.requests_per_second == wanted.api.limits.requests_per_second
    assert settings.api.limits.burst == wanted.api.limits.burst
    assert settings.api.require_if_match == bool(wanted.api.require_if_match)
    assert settings.api.cors.allowed_origins == (wanted.api.cors.allowed_origins if wanted.api.cors else ())
    assert settings.admin.required
    assert settings.log.format == "json"


@pytest.mark.parametrize("spec", [EMBEDDED], ids=["embedded"])
@pytest.mark.usefixtures("spec")
def test_an_embedded_database_is_a_file_on_the_volume(settings: Settings, pod: Pod, tmp_path: Path) -> None:
    (volume,) = [name for name, volume in pod.volumes.items() if "persistentVolumeClaim" in volume]
    (folder,) = [m["mountPath"] for m in pod.container["volumeMounts"] if m["name"] == volume]
    assert settings.database.kind == "sqlite"
    assert settings.database.sqlite.path.parent == tmp_path / folder.lstrip("/")
    assert "database.mongodb" in set(unset(settings))


@specs
def test_the_service_reads_schema_indexes_and_key_from_the_mounted_files(
    spec: dict[str, Any], settings: Settings
) -> None:
    instance = load_instance(settings)
    data = spec.get("data", {})
    assert instance.schema.document == data.get("schema", {})
    assert instance.indexes == parse_indexes(json.dumps(data.get("indexes", [])).encode())
    assert instance.cursor_key == CURSOR_KEY


LEFT_TO_THE_SERVICE = {
    "api.limits.max_bulk_items",
    "api.limits.max_import_bytes",
    "host",
    "port",
    "log.level",
    "database.sqlite",
    "database.mongodb.driver",
    "api.limits.max_connections",
    "api.limits.max_in_flight",
    "api.limits.seconds",
    "tracing",
}
OF_THE_LIMITS = {
    "api.limits.requests_per_second",
    "api.limits.burst",
    "api.require_if_match",
    "api.cors",
}


@pytest.mark.parametrize(
    ("spec", "silent"),
    [
        (SPECS["minimal"], {"api.auth.keys_folder", "api.auth.jwt", *OF_THE_LIMITS}),
        (SPECS["full"], {"api.auth.jwt"}),
        (SPECS["jwt"], {"api.auth.keys_folder", *OF_THE_LIMITS}),
    ],
    ids=SPECS,
)
@pytest.mark.usefixtures("spec")
def test_every_setting_is_given_but_those_left_to_the_service(settings: Settings, silent: set[str]) -> None:
    """A setting that is added to the service is rendered by the operator for some spec, or listed here."""
    assert set(unset(settings)) == LEFT_TO_THE_SERVICE | silent


@pytest.mark.parametrize("spec", [FULL], ids=["keys"])
@pytest.mark.usefixtures("spec")
def test_the_service_reads_the_keys_from_the_mounted_secret(settings: Settings) -> None:
    folder = settings.api.auth.keys_folder
    assert folder is not None
    assert [file.name for file in folder.iterdir()] == ["till"]


@pytest.mark.parametrize("spec", [SPECS["jwt"]], ids=["jwt"])
@pytest.mark.usefixtures("spec")
def test_the_service_reads_whose_tokens_to_take(settings: Settings) -> None:
    assert settings.api.auth.jwt.model_dump() == {
        "issuer": "https://login.example.com/",
        "audience": "orders",
        "jwks_url": "http://login.auth.svc/keys",
    }


@specs
@pytest.mark.usefixtures("spec")
def test_the_ports_of_the_container_are_those_the_service_listens_on(settings: Settings, pod: Pod) -> None:
    ports = {port["name"]: port["containerPort"] for port in pod.container["ports"]}
    assert ports == {"http": settings.port, "admin": settings.admin.port}


@pytest.mark.parametrize("spec", [{"config": {"TZ": "UTC", "name": "x", "EMPTY": ""}}], ids=["config"])
@pytest.mark.usefixtures("settings", "spec")
def test_the_users_own_variables_reach_the_process() -> None:
    assert (os.environ["TZ"], os.environ["name"], os.environ["EMPTY"]) == ("UTC", "x", "")  # noqa: SIM112 - as the user wrote it


def test_without_a_schema_the_service_takes_any_object() -> None:
    """The operator writes `{}` where the spec has no schema; the service adds that a document is an object."""
    assert ANY_OBJECT == {"type": "object"}
    parse_schema(b"{}").check({"any": ["thing"]})


SCHEMAS: list[dict[str, Any]] = [
    {},
    SCHEMA,
    {"type": "objec"},
    {"properties": {"a": {"pattern": "["}}},
    {"$ref": "#/$defs/nope"},
    {"$ref": "#"},
    {"$ref": "http://example.com/schema"},
    {"$ref": "other.json"},
    {"$dynamicRef": "#nope"},
    {"$schema": "http://json-schema.org/draft-07/schema#"},
    {"$schema": "http://example.com/a-dialect-of-mine"},
    {"properties": {"enum": {"$ref": "http://example.com/schema"}}},
    {"const": {"$ref": "http://example.com/schema"}},
    {"$defs": {"a": {"$id": "http://example.com/a"}}, "$ref": "http://example.com/a"},
    {"x-of-mine": {"type": "nonsense"}},
]


@pytest.mark.parametrize("schema", SCHEMAS, ids=json.dumps)
def test_the_operator_lets_pass_just_the_schemas_that_the_service_starts_with(schema: dict[str, Any]) -> None:
    """Otherwise the pods crash on a schema that the operator has called valid."""
    assert accepted_by_operator(schema, []) == accepted_by_service(schema, [])


INDEXES: list[list[dict[str, Any]]] = [
    [{"fields": fields, "unique": unique}]
    for unique in (False, True)
    for fields in (
        [],
        ["sku"],
        ["-sku", "quantity"],
        ["colour"],
        ["sku.code"],
        ["sku", "-sku"],
        ["_id"],
        ["-_id"],
        ["_id", "sku"],
        ["_created_at"],
        ["_created_at.year"],
        ["_mine"],
        [""],
        ["-"],
        ["a..b"],
        ["a."],
        ["$where"],
        ["a.$b"],
        ["a\0"],
        ['a"b'],
        ["a b"],
    )
]
INDEXES += [
    [],
    [{"fields": ["sku"]}, {"fields": ["sku"]}],
    [{"fields": ["sku"]}, {"fields": ["_id"]}],
    [{"fields": ["sku"], "sparse": True}],
]


@pytest.mark.parametrize("indexes", INDEXES, ids=json.dumps)
def test_the_operator_lets_pass_just_the_indexes_that_the_service_starts_with(
    indexes: list[dict[str, Any]],
) -> None:
    """Admission may refuse more; but a resource may have been stored before it did."""
    assert accepted_by_operator(SCHEMA, indexes) == accepted_by_service(SCHEMA, indexes)


def accepted_by_operator(schema: dict[str, Any], indexes: list[dict[str, Any]]) -> bool:
    try:
        validate(data_service(data={"schema": schema, "indexes": indexes}).spec.data)
    except InvalidSpec:
        return False
    return True


def accepted_by_service(schema: dict[str, Any], indexes: list[dict[str, Any]]) -> bool:
    try:
        declared = parse_indexes(json.dumps(indexes).encode())
        Instance(parse_schema(json.dumps(schema).encode()), declared, CURSOR_KEY)
    except InvalidSettings:
        return False
    return True


def test_a_pod_is_given_longer_to_answer_than_it_gives_its_database() -> None:
    """Else a database that drops packets reads as a pod that cannot be reached."""
    assert ANSWER_SECONDS >= 2 * PING_SECONDS
