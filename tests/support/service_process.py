"""The service as a process of its own on this machine."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import httpx

from tests.cluster.ports import free_port
from tests.support.eventually import eventually

MODULE = (sys.executable, "-m", "dataservice")


class ServiceProcess:
    """One process. Settings are variables without their prefix; ports are free ones of the loopback."""

    def __init__(self, directory: Path, settings: dict[str, str], command: Sequence[str] = MODULE) -> None:
        self.port, self.admin_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.admin = f"http://127.0.0.1:{self.admin_port}"
        self._directory = directory
        self._command = [part.format(port=self.port) for part in command]
        own = {"HOST": "127.0.0.1", "PORT": str(self.port), "ADMIN__PORT": str(self.admin_port)}
        self._environment = {
            "PATH": os.environ["PATH"],
            **{f"DATASERVICE_{name}": value for name, value in (own | settings).items()},
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Return when it answers, whether it is ready or not."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._directory,
                env=self._environment,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually(self._answers, every=0.05)

    def wait_ready(self) -> None:
        eventually(lambda: self.readiness()["ready"], every=0.05)

    def readiness(self) -> dict[str, object]:
        answer: dict[str, object] = httpx.get(f"{self.admin}/readyz", timeout=10).json()
        return answer

    def signal(self, number: int) -> None:
        os.kill(self._running().pid, number)

    def kill(self) -> None:
        """Kill -9."""
        self._running().kill()
        self._running().wait()

    def ended(self, seconds: float = 30) -> int:
        """Wait for its end; its exit status."""
        return self._running().wait(timeout=seconds)

    def close(self) -> None:
        """End it and what it started, such as a reloader's worker."""
        if self._process is not None:
            if self._process.poll() is None:
                self._process.terminate()
            self._process.wait(timeout=30)

    def log(self) -> str:
        return self._log.read_text()

    @property
    def _log(self) -> Path:
        return self._directory / f"service-{self.port}.log"

    def _answers(self) -> bool:
        if self._running().poll() is not None:
            raise RuntimeError(f"the service ended:\n{self.log()[-2000:]}")
        try:
            return not httpx.get(f"{self.url}/schema").is_server_error
        except httpx.TransportError:
            return False

    def _running(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "start it first"
        return self._process


Starter = Callable[..., ServiceProcess]
"""Starts a service with settings, named as in the environment without the prefix."""
