"""What a test's kubeconfig says, for clients that are not kubectl."""

import json
import ssl
import tempfile
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Access:
    server: str
    """URL of the API server."""

    tls: ssl.SSLContext
    """With the user's certificate, where the user has one."""

    headers: Mapping[str, str]
    """With the user's token, where the user has one (RFC 6750, section 2.1)."""


def access(kubeconfig: Path) -> Access:
    """Of a kubeconfig in JSON, with all that it speaks of in it."""
    config = json.loads(kubeconfig.read_text())
    cluster, user = config["clusters"][0]["cluster"], config["users"][0]["user"]
    context = ssl.create_default_context(cadata=b64decode(cluster["certificate-authority-data"]).decode())
    context.verify_flags &= (
        ~ssl.VERIFY_X509_STRICT
    )  # since Python 3.13 it asks for what many clusters' CAs lack
    if "client-certificate-data" in user:
        with tempfile.NamedTemporaryFile() as both:
            both.write(b64decode(user["client-certificate-data"]) + b64decode(user["client-key-data"]))
            both.flush()
            context.load_cert_chain(both.name)
    token = user.get("token")
    return Access(cluster["server"], context, {"Authorization": f"Bearer {token}"} if token else {})


def with_token(kubeconfig: Path, token: str) -> dict[str, Any]:
    """The same cluster, for whom the token names."""
    config: dict[str, Any] = json.loads(kubeconfig.read_text())
    for user in config["users"]:
        user["user"] = {"token": token}
    return config


def without_credentials(server: str) -> dict[str, Any]:
    """A kubeconfig for the URL of a server that asks for none."""
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "faulty", "cluster": {"server": server}}],
        "users": [{"name": "nobody", "user": {}}],
        "contexts": [{"name": "faulty", "context": {"cluster": "faulty", "user": "nobody"}}],
        "current-context": "faulty",
    }
