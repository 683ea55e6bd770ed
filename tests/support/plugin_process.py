"""`kubectl dataservice` as a user runs it: kubectl starts a process of its own."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from tests.support.kubectl import Kubectl


@dataclass(frozen=True)
class PluginProcess:
    kubectl: Kubectl
    namespace: str

    def __call__(self, *words: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
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
                    assert process.stderr
                    assert "Traceback" not in process.stderr.read()

    def _words(self, words: tuple[str, ...]) -> list[str]:
        where = (f"--kubeconfig={self.kubectl.kubeconfig}", f"--namespace={self.namespace}")
        return [str(self.kubectl.binary), "dataservice", *words, *where]

    def _env(self) -> dict[str, str]:
        """As where both are installed: kubectl finds the plugin, and the plugin kubectl."""
        folder = self.kubectl.kubeconfig.parent / "bin"
        folder.mkdir(exist_ok=True)
        with suppress(FileExistsError):
            (folder / "kubectl").symlink_to(self.kubectl.binary)
        return {**os.environ, "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}"}
