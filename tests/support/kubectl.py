"""kubectl against the test's API server, never the user's own."""

import json
import subprocess
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


class KubectlError(Exception):
    """kubectl failed; the text is what it wrote for the user."""


@dataclass(frozen=True)
class Kubectl:
    binary: Path
    kubeconfig: Path

    def __call__(
        self, *arguments: str, manifest: Mapping[str, Any] | None = None, seconds: float = 60
    ) -> str:
        """Run kubectl with the manifest on its standard input, and return what it printed.

        Raises:
            KubectlError: when it exits with a failure.
        """
        done = subprocess.run(
            [self.binary, f"--kubeconfig={self.kubeconfig}", f"--cache-dir={self._cache}", *arguments],
            input=None if manifest is None else json.dumps(manifest),
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if done.returncode != 0:
            raise KubectlError(done.stderr.strip())
        return done.stdout

    def json(self, *arguments: str, manifest: Mapping[str, Any] | None = None) -> dict[str, Any]:
        answer: dict[str, Any] = json.loads(self(*arguments, "--output=json", manifest=manifest))
        return answer

    @property
    def _cache(self) -> Path:
        return self.kubeconfig.parent / "kubectl-cache"


def install_crds(kubectl: Kubectl, *files: Path) -> None:
    """Apply CRDs and wait until they are established.

    Their first condition, whichever it is, is awaited before: of a CRD made this very moment, which has none yet,
    `kubectl wait` says that they are no list, and fails.
    """
    names = tuple(f"--filename={file}" for file in files)
    kubectl("apply", "--server-side", "--force-conflicts", *names)
    for sign in ("jsonpath={.status.conditions[0].type}", "condition=Established"):
        kubectl("wait", f"--for={sign}", "--timeout=30s", *names)


@contextmanager
def fresh_namespace(kubectl: Kubectl, name: str = "") -> Iterator[str]:
    """A new namespace, deleted with all that is in it (without waiting for the end of that) unless a test did so.

    Where it must have a name, what an earlier one of that name held is gone.
    """
    if name:
        kubectl("delete", "namespace", name, "--ignore-not-found", seconds=90)
    name = name or f"test-{uuid.uuid4().hex[:10]}"
    kubectl("create", "namespace", name)
    try:
        yield name
    finally:
        kubectl("delete", "namespace", name, "--wait=false", "--ignore-not-found")
