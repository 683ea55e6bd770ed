"""Commands shown as their user would type them, with what they print."""

import os
import subprocess
from pathlib import Path

from rich.console import Console

from tests.cluster import golang
from tests.cluster.errors import ClusterError
from tests.cluster.identity import CHECKOUT


class Shell:
    """Runs our kubectl against one cluster, from the top of the checkout."""

    def __init__(self, kubeconfig: Path, console: Console) -> None:
        self.kubeconfig = kubeconfig
        self._console = console

    def say(self, text: str) -> None:
        self._console.print(text, markup=False, highlight=False)

    def show(self, command: str) -> None:
        self._console.print(f"\n[bold]$ {command}[/]", highlight=False)

    def kubectl(self, command: str) -> None:
        """Show the command and run it; its output goes straight to the terminal."""
        self.show(f"kubectl {command}")
        self._console.file.flush()
        if (
            subprocess.run(self.words(command), env=self.environment, cwd=CHECKOUT, check=False).returncode
            != 0
        ):
            raise ClusterError(f"`kubectl {command}` failed: see above")

    def quietly(self, command: str) -> bool:
        """Whether the command succeeds; nothing is shown."""
        words = self.words(command)
        done = subprocess.run(words, env=self.environment, cwd=CHECKOUT, capture_output=True, check=False)
        return done.returncode == 0

    def words(self, command: str) -> list[str]:
        return [str(golang.binary("kubectl")), *command.split()]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "KUBECONFIG": str(self.kubeconfig)}
