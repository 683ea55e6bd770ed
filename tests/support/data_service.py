"""The smallest DataService, and changes to it."""

from collections.abc import Mapping
from typing import Any


def smallest(**changes: Any) -> dict[str, Any]:
    """A DataService with the required fields only, changed as by a JSON merge patch."""
    return merged(
        {
            "apiVersion": "dataservice.dev/v1alpha1",
            "kind": "DataService",
            "metadata": {"name": "orders"},
            "spec": {
                "database": {
                    "mongodb": {
                        "uriSecret": {"name": "orders-mongo", "key": "uri"},
                        "database": "shop",
                        "collection": "orders",
                    }
                },
                "api": {"auth": {"mode": "None"}},
            },
        },
        changes,
    )


def merged(target: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """JSON merge patch (RFC 7396): null removes."""
    result = dict(target)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, Mapping):
            below = result.get(name)
            result[name] = merged(below if isinstance(below, Mapping) else {}, value)
        else:
            result[name] = value
    return result
