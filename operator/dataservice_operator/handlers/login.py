"""How Kopf reaches the API server: as the rest of the operator does (see cluster/connect.py)."""

import os
import ssl
from dataclasses import dataclass, fields
from typing import Any

import kopf


@dataclass(frozen=True)
class Connection(kopf.ConnectionInfo):
    """Checks certificates as client-go does.

    Since Python 3.13 a CA must also carry the extensions that RFC 5280 asks for. Those of many clusters do not, and
    no other client of theirs minds. The chain, the name and the dates are checked all the same.
    """

    def as_ssl_context(self) -> ssl.SSLContext:
        context = super().as_ssl_context()
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


def login(**kwargs: Any) -> Connection | None:
    """Credentials from KUBECONFIG where it is set, else from the pod's service account."""
    found = None if "KUBECONFIG" in os.environ else kopf.login_with_service_account(**kwargs)
    found = found or kopf.login_with_kubeconfig(**kwargs)
    if found is None:
        return None
    return Connection(**{field.name: getattr(found, field.name) for field in fields(found)})
