"""The MongoDB-compatible server of the tests: installed into the cache, run as a process of its own.

SecantusDB speaks MongoDB's protocol and is licensed GPL-2.0: it is used here as a separate program and
is never part of the product. `MONGODB_URI` makes the tests use any other server.
"""

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from tests.cluster.errors import ClusterError
from tests.cluster.files import locked
from tests.cluster.identity import cache_dir
from tests.cluster.ports import free_port

VERSION = "0.7.0b3"
REQUIREMENTS = Path(__file__).with_name("requirements-mongodb.txt")
START_SECONDS = 30.0
STOP_SECONDS = 20.0


def environment() -> Path:
    """Where `install` puts the server: a virtual environment in the cache, one for each version."""
    return cache_dir() / f"mongodb-{VERSION}"


def server() -> Path | None:
    """The server's program; None when it is not installed."""
    program = environment() / "bin" / "secantusd-py"
    return program if (environment() / ".installed").exists() else None


def install(progress: Callable[[str], None]) -> Path:
    """Have the server's program, from the pinned wheels; what is there already is left alone."""
    with locked(environment().with_suffix(".lock")):
        if found := server():
            return found
        progress("making a virtual environment")
        _run(sys.executable, "-m", "venv", "--clear", str(environment()))
        progress(f"installing SecantusDB {VERSION}")
        pip = str(environment() / "bin" / "pip")
        _run(
            pip,
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "-r",
            str(REQUIREMENTS),
        )
        (environment() / ".installed").touch()
    return environment() / "bin" / "secantusd-py"


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ClusterError(f"{' '.join(command[:4])} failed: {done.stderr.strip()[-500:]}")


class MongoServer:
    """One server on a loopback port with data of its own. Port and data stay over a restart."""

    def __init__(self, program: Path, data: Path) -> None:
        self._program = program
        self._data = data
        self._process: subprocess.Popen[bytes] | None = None
        self.port = free_port()

    @property
    def uri(self) -> str:
        return f"mongodb://127.0.0.1:{self.port}/"

    def start(self, *flags: str) -> None:
        """Return when the server answers a ping. `flags` are more of the program's own, such as `--auth`."""
        self._data.mkdir(parents=True, exist_ok=True)
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [*self._command, *flags], cwd=self._data, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_SECONDS
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise ClusterError("the MongoDB-compatible server does not answer", log=self._log)

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.kill()

    def kill(self) -> None:
        """End it as a crash would (kill -9)."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    @contextmanager
    def hung(self) -> Iterator[None]:
        """While inside, it keeps its connections and answers nothing."""
        assert self._process is not None, "start it first"
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    @property
    def _log(self) -> Path:
        return self._data / "server.log"

    @property
    def _command(self) -> list[str]:
        place = ["--host", "127.0.0.1", "--port", str(self.port), "--storage-path", str(self._data / "store")]
        # Without --sync-on-commit a kill -9 would lose acknowledged writes.
        return [str(self._program), *place, "--sync-on-commit", "--log-level", "WARNING"]

    def _answers(self) -> bool:
        with MongoClient[dict[str, object]](self.uri, serverSelectionTimeoutMS=200) as client:
            try:
                client.admin.command("ping")
            except PyMongoError:
                return False
            return True
