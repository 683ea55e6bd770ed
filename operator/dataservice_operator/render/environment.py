"""The environment of the service container: the contract with the service's settings.

`tests/contract/env_contract_test.py` loads what is rendered here with the service's own code.
"""

import json
from collections.abc import Mapping
from typing import Any, Final

from dataservice_operator.crd.api import Api
from dataservice_operator.crd.database import Database
from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names

CONFIG_FOLDER: Final = "/etc/dataservice"
CURSOR_FOLDER: Final = "/etc/dataservice-cursor"
DOCUMENTS_FOLDER: Final = "/var/lib/dataservice"
KEYS_FOLDER: Final = "/etc/dataservice-keys"
DRAIN_SECONDS: Final = 20


def environment(parent: DataService) -> list[dict[str, Any]]:
    """Variables as a container's `env`: those of the operator, then the user's own, each sorted by name."""
    limits = parent.spec.api.limits
    plain = {
        "NAME": parent.metadata.name,
        "NAMESPACE": parent.metadata.namespace,
        "DATA__SCHEMA_FILE": f"{CONFIG_FOLDER}/schema.json",
        "DATA__INDEXES_FILE": f"{CONFIG_FOLDER}/indexes.json",
        "API__AUTH__MODE": parent.spec.api.auth.mode,
        "API__LIMITS__MAX_BODY_BYTES": str(limits.max_body_bytes),
        "API__LIMITS__MAX_PAGE_SIZE": str(limits.max_page_size),
        "API__CURSOR_KEY_FILE": f"{CURSOR_FOLDER}/{names.CURSOR_KEY}",
        "ADMIN__PORT": str(names.ADMIN_PORT),
        "ADMIN__REQUIRED": "true",
        "LOG__FORMAT": "json",
        "DRAIN_SECONDS": str(DRAIN_SECONDS),
        **_where_asked_for(parent.spec.api),
    }
    variables = [*_prefixed(plain), *_database(parent.spec.database)]
    users = [_variable(name, value) for name, value in sorted(parent.spec.config.items())]
    return sorted(variables, key=lambda variable: str(variable["name"])) + users


def _database(database: Database) -> list[dict[str, Any]]:
    mongodb = database.mongodb
    if mongodb is None:
        path = f"{DOCUMENTS_FOLDER}/documents.db"
        return _prefixed({"DATABASE__KIND": "sqlite", "DATABASE__SQLITE__PATH": path})
    secret = {"name": mongodb.uri_secret.name, "key": mongodb.uri_secret.key}
    return [
        *_prefixed(
            {
                "DATABASE__KIND": "mongodb",
                "DATABASE__MONGODB__DATABASE": mongodb.database,
                "DATABASE__MONGODB__COLLECTION": mongodb.collection,
            }
        ),
        {"name": "DATASERVICE_DATABASE__MONGODB__URI", "valueFrom": {"secretKeyRef": secret}},
    ]


def _prefixed(plain: Mapping[str, str]) -> list[dict[str, Any]]:
    return [{"name": f"DATASERVICE_{name}", "value": value} for name, value in plain.items()]


def _where_asked_for(api: Api) -> dict[str, str]:
    """Left out where the spec is silent: a pod of an older image, which an upgrade of the operator leaves alone, would
    end at a variable that it does not know.
    """
    jwt, limits = api.auth.jwt, api.limits
    wanted = {
        "API__AUTH__KEYS_FOLDER": KEYS_FOLDER if api.auth.keys_secret else None,
        "API__AUTH__JWT__ISSUER": jwt and jwt.issuer,
        "API__AUTH__JWT__AUDIENCE": jwt and jwt.audience,
        "API__AUTH__JWT__JWKS_URL": jwt and jwt.jwks_url,
        "API__LIMITS__REQUESTS_PER_SECOND": limits.requests_per_second and str(limits.requests_per_second),
        "API__LIMITS__BURST": limits.burst and str(limits.burst),
        "API__REQUIRE_IF_MATCH": "true" if api.require_if_match else None,
        "API__CORS__ALLOWED_ORIGINS": api.cors and json.dumps(api.cors.allowed_origins),
    }
    return {name: value for name, value in wanted.items() if value}


def _variable(name: str, value: str) -> dict[str, str]:
    """An empty value is not stored by the API server: it is left out, or it would differ for ever."""
    return {"name": name, "value": value} if value else {"name": name}
