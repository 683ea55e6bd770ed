"""The Secret with which all replicas sign cursors. Generated once, outside of here, and never changed again.

It is owned by the ServiceAccount of the same pods: it goes with it, and stays with it under deletionPolicy Orphan, so
that the operator needs no right to change a Secret for a change of that policy.
"""

import base64

from dataservice_operator.crd.resource import DataService
from dataservice_operator.render import names
from dataservice_operator.render.metadata import Manifest, child_metadata


def cursor_secret(parent: DataService, key: bytes, account_uid: str) -> Manifest:
    owner = {
        "apiVersion": "v1",
        "kind": "ServiceAccount",
        "name": parent.metadata.name,
        "uid": account_uid,
        "controller": True,
        "blockOwnerDeletion": False,
    }
    metadata = child_metadata(parent, names.cursor_secret(parent.metadata.name))
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**metadata, "ownerReferences": [owner]},
        "type": "Opaque",
        "immutable": True,
        "data": {names.CURSOR_KEY: base64.b64encode(key).decode()},
    }
