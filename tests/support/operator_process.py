"""The operator as a process of its own on this machine, talking to a test's API server."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import httpx

from tests.cluster.ports import free_port
from tests.support.eventually import eventually


class OperatorProcess:
    """One replica. Settings are keyword arguments named as in the operator's settings, without the prefix.

    Args:
        program: what Python runs.
    """

    def __init__(
        self,
        kubeconfig: Path,
        log: Path,
        *,
        program: Sequence[str] = ("-m", "dataservice_operator"),
        **settings: object,
    ) -> None:
        self.log = log
        self._program = program
        self._kubeconfig = kubeconfig
        self._settings = {
            "leader_election": False,
            "log_format": "text",
            "probe_host": "127.0.0.1",
            **settings,
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._ports = (0, 0)

    def start(self) -> "OperatorProcess":
        """Start it, and wait until it is ready."""
        self._begin()
        eventually(self._answers)
        return self

    def run(self) -> int:
        """Start one that ends by itself; returns the exit code."""
        self._begin()
        return self._running().wait(timeout=20)

    def _begin(self) -> None:
        self._ports = (free_port(), free_port())
        settings = {**self._settings, "probe_port": self._ports[0], "metrics_port": self._ports[1]}
        environment = {
            "PATH": os.environ["PATH"],
            "KUBECONFIG": str(self._kubeconfig),
            **{f"DATASERVICE_OPERATOR_{name.upper()}": str(value) for name, value in settings.items()},
        }
        with self.log.open("ab") as output:
            self._process = self._spawn(environment, output)

    def kill(self) -> None:
        """Kill -9: no clean-up, no lease released."""
        self._running().kill()
        self._running().wait()

    def stop(self) -> int:
        """SIGTERM, as the kubelet does; returns the exit code."""
        self._running().terminate()
        return self.wait()

    def wait(self) -> int:
        """Wait until it has ended; returns the exit code."""
        return self._running().wait(timeout=20)

    def ended(self) -> int | None:
        """Its exit code; None while it runs."""
        return self._running().poll()

    def freeze(self) -> None:
        """SIGSTOP: it stands still, and knows nothing of it."""
        self._running().send_signal(signal.SIGSTOP)

    def frozen(self) -> bool:
        status = Path(f"/proc/{self._running().pid}/stat").read_text()
        return status.rpartition(")")[2].split()[0] == "T"

    def thaw(self) -> None:
        self._running().send_signal(signal.SIGCONT)

    def leads(self) -> bool:
        return self.metric("dataservice_operator_leading") == 1

    def close(self) -> None:
        if self._process is not None and self._process.poll() is None:
            self.kill()

    def metric(self, name: str) -> float:
        """Sum of a metric over its labels."""
        lines = httpx.get(f"http://127.0.0.1:{self._ports[1]}/metrics").text.splitlines()
        values = [line.rsplit(" ", 1) for line in lines if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(value) for _, value in values)

    def _spawn(self, environment: dict[str, str], output: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, *self._program], env=environment, stdout=output, stderr=output
        )

    def _answers(self) -> bool:
        if self._running().poll() is not None:
            raise RuntimeError(f"the operator ended:\n{self.log.read_text()[-2000:]}")
        try:
            return httpx.get(f"http://127.0.0.1:{self._ports[0]}/readyz").status_code == httpx.codes.OK
        except httpx.TransportError:
            return False

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start it first"
        return self._process
