"""The Secret with which all replicas sign cursors. Generated once, outside of here, and never applied again."""

import base64

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.metadata import Manifest, child_metadata


def cursor_secret(parent: DataService, key: bytes) -> Manifest:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": child_metadata(parent, names.cursor_secret(parent.metadata.name)),
        "type": "Opaque",
        "immutable": True,
        "data": {names.CURSOR_KEY: base64.b64encode(key).decode()},
    }
