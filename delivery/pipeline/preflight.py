"""What must be there before anything is built: the secrets, and a cluster that they open."""

import base64
import binascii
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from delivery.pipeline.errors import PipelineError
from delivery.pipeline.programs import finished, say

CONTENT: Final = "KUBECONFIG_CONTENT"
"""Variable with the secret's value. `KUBECONFIG` itself is the name of a file, for kubectl."""

SECRETS: Final = {CONTENT: "KUBECONFIG", "GITHUB_TOKEN": "GITHUB_TOKEN"}
"""Variable of the step -> the secret that it is filled from."""


def preflight(environ: Mapping[str, str], kubeconfig: Path) -> None:
    """Raises PipelineError that names every secret that is missing, or says why the cluster cannot be reached."""
    missing = [secret for variable, secret in SECRETS.items() if not environ.get(variable)]
    if missing:
        raise PipelineError(f"{_named(missing)} missing{_where(environ)}: {_remedy(missing, environ)}")
    write_kubeconfig(environ, kubeconfig)
    _reach(kubeconfig)
    say(f"the secrets are there, and the cluster answers{_where(environ)}")


def write_kubeconfig(environ: Mapping[str, str], kubeconfig: Path) -> None:
    """Put the secret into a file that only its owner reads. It may be base64, as many keep it.

    Raises:
        PipelineError: the secret is missing; or the file is there and holds something else, which is somebody's own.
    """
    content = environ.get(CONTENT, "")
    if not content:
        raise PipelineError(
            f"secret KUBECONFIG is missing{_where(environ)}: {_remedy(['KUBECONFIG'], environ)}"
        )
    text = _decoded(content)
    if kubeconfig.exists() and kubeconfig.read_text(encoding="utf-8") != text:
        raise PipelineError(
            f"{kubeconfig} is there already, and is not of this secret: name another --kubeconfig"
        )
    descriptor = os.open(kubeconfig, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)


def _decoded(content: str) -> str:
    try:
        return base64.b64decode("".join(content.split()), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return content


def _reach(kubeconfig: Path) -> None:
    done = finished(
        ("kubectl", f"--kubeconfig={kubeconfig}", "--request-timeout=10s", "get", "--raw=/version")
    )
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["nothing said"])[-1]
        raise PipelineError(f"the secret KUBECONFIG opens no cluster: {said}")


def _named(secrets: list[str]) -> str:
    return f"secret {secrets[0]} is" if len(secrets) == 1 else f"secrets {' and '.join(secrets)} are"


def _where(environ: Mapping[str, str]) -> str:
    environment = environ.get("ENVIRONMENT")
    return f" in the environment {environment!r}" if environment else ""


def _remedy(secrets: list[str], environ: Mapping[str, str]) -> str:
    if "KUBECONFIG" not in secrets:
        return "GitHub makes it for each job; outside of GitHub, set the variable"
    environment = environ.get("ENVIRONMENT")
    return f"gh secret set KUBECONFIG{f' --env {environment}' if environment else ''} < kubeconfig"
