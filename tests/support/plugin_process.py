"""`kubectl dataservice` as a user runs it, against the test's cluster and never the user's own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

from kubectl_dataservice import app
from tests.support.kubectl import Kubectl


@dataclass(frozen=True)
class PluginProcess:
    kubectl: Kubectl
    namespace: str
    kubeconfig: Path | None = None
    """Another than kubectl's, such as one with fewer rights."""

    in_process: bool = False
    """Without kubectl around it: a second less."""

    def __call__(self, *words: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
        if self.in_process:
            return _run([*words, *self._where()])
        return subprocess.run(
            self._words(words), env=self._env(), capture_output=True, text=True, check=False, timeout=seconds
        )

    def said(self, *words: str, seconds: float = 60) -> str:
        """What it printed to standard output; it has to succeed."""
        done = self(*words, seconds=seconds)
        assert done.returncode == 0, done.stderr
        return done.stdout

    @contextmanager
    def running(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        """Until the end of the block, where Ctrl-C is pressed if it still runs."""
        pipe = subprocess.PIPE
        with subprocess.Popen(
            self._words(words), env=self._env(), stdout=pipe, stderr=pipe, text=True, bufsize=1
        ) as process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)

    def _where(self) -> tuple[str, str]:
        return f"--kubeconfig={self.kubeconfig or self.kubectl.kubeconfig}", f"--namespace={self.namespace}"

    def _words(self, words: tuple[str, ...]) -> list[str]:
        return [str(self.kubectl.binary), "dataservice", *words, *self._where()]

    def _env(self) -> dict[str, str]:
        """As where both are installed: kubectl finds the plugin, and the plugin kubectl."""
        folder = self.kubectl.kubeconfig.parent / "bin"
        folder.mkdir(exist_ok=True)
        with suppress(FileExistsError):
            (folder / "kubectl").symlink_to(self.kubectl.binary)
        return {**os.environ, "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"}


def _run(words: list[str]) -> subprocess.CompletedProcess[str]:
    with redirect_stdout(StringIO()) as out, redirect_stderr(StringIO()) as told:
        code = app.run(words)
    return subprocess.CompletedProcess(words, code, out.getvalue(), told.getvalue())
