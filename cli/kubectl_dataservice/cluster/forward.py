"""A port of this machine that leads to a pod, by `kubectl port-forward`.

kubectl is there, since this is its plugin. The Python client can forward as well, but its thread drops what the pod has
sent and the reader has not taken when the connection ends: a long answer is cut off.
"""

import re
import subprocess
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Queue
from threading import Thread
from typing import Final, Self

from kubectl_dataservice.errors import Exit, Problem

ADDRESS: Final = "127.0.0.1"
_FORWARDING: Final = re.compile(rf"Forwarding from {re.escape(ADDRESS)}:(\d+) ->")
_PREFIX: Final = re.compile(r"^(?:error: |Error from server[^:]*: )+")
_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Access:
    """Where kubectl finds the cluster: as the plugin was told."""

    namespace: str
    context: str | None
    kubeconfig: Path | None

    def words(self) -> Sequence[str]:
        context = (f"--context={self.context}",) if self.context else ()
        kubeconfig = (f"--kubeconfig={self.kubeconfig}",) if self.kubeconfig else ()
        return ("kubectl", *kubeconfig, *context, f"--namespace={self.namespace}")


class Forward:
    """From entering it until leaving it, or until the pod has gone: `ended` tells.

    Args:
        local: the port; 0 is any that is free.
    """

    def __init__(self, access: Access, pod: str, remote: int, local: int = 0) -> None:
        ports = f"{local or ''}:{remote}"
        self._words = [*access.words(), "port-forward", f"--address={ADDRESS}", f"pod/{pod}", ports]
        self._local = local
        self._said: deque[str] = deque(maxlen=5)
        self._open: Queue[int] = Queue()
        self.port = 0

    def __enter__(self) -> Self:
        """Raises Problem when kubectl does not open the port."""
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a list of words
                self._words,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
            )
        except FileNotFoundError as error:
            told = "kubectl is not on the PATH: it forwards the port, install it"
            raise Problem(told, Exit.UNREACHABLE) from error
        self._reader = Thread(target=self._listen, daemon=True)
        self._reader.start()
        with suppress(Empty):
            self.port = self._open.get(timeout=_SECONDS)
        if not self.port:
            self._end()
            raise self._problem()
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def ended(self, within: float) -> bool:
        """Whether kubectl has given up on the pod."""
        try:
            self._process.wait(within)
        except subprocess.TimeoutExpired:
            return False
        return True

    def _listen(self) -> None:
        assert self._process.stdout  # noqa: S101 - it is a pipe
        for line in self._process.stdout:
            if found := _FORWARDING.match(line):
                self._open.put(int(found[1]))
            elif line.strip():
                self._said.append(line.strip())
        self._open.put(0)

    def _end(self) -> None:
        self._process.terminate()
        self._process.wait()
        self._reader.join()
        if self._process.stdout:
            self._process.stdout.close()

    def _problem(self) -> Problem:
        said = " ".join(self._said)
        if "unable to listen" in said.lower():
            told = f"port {self._local} of this machine is taken: name another by --port, or leave it out"
            return Problem(told, Exit.NO)
        last = _PREFIX.sub("", self._said[-1]) if self._said else f"it said nothing within {_SECONDS:g} s"
        code = Exit.FORBIDDEN if "is forbidden" in said else Exit.UNREACHABLE
        return Problem(f"kubectl port-forward: {last}", code)
