"""The programs that are measured, each a process of its own, and what they cost."""

import asyncio
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import msgspec

from benchmarks.service import workload
from benchmarks.service.load import Order, Outcome
from tests.cluster.identity import CHECKOUT
from tests.cluster.ports import free_port

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_PATIENCE_SECONDS: Final = 30.0


@dataclass(frozen=True)
class Program:
    name: str
    command: Sequence[str]
    """`{port}` stands for the port it is to listen on."""
    environment: Mapping[str, str]
    """Values may name `{port}` and `{admin}`."""
    ready: str
    """URL that answers 200 once it is ready."""


def baseline(mongodb_uri: str) -> Program:
    return Program(
        "baseline",
        _uvicorn("benchmarks.service.baseline:app"),
        {"BASELINE_MONGODB_URI": mongodb_uri},
        "http://127.0.0.1:{port}/data?limit=1",
    )


def echo() -> Program:
    return Program("echo", _uvicorn("benchmarks.service.echo:app"), {}, "http://127.0.0.1:{port}/")


def on_mongodb(mongodb_uri: str, folder: Path) -> Program:
    return _service(
        "MongoDB",
        folder,
        DATABASE__KIND="mongodb",
        DATABASE__MONGODB__URI=mongodb_uri,
        DATABASE__MONGODB__DATABASE="benchmark",
        DATABASE__MONGODB__COLLECTION="service",
    )


def on_sqlite(folder: Path) -> Program:
    return _service("SQLite", folder, DATABASE__SQLITE__PATH=str(folder / "documents.db"))


def _service(name: str, folder: Path, **settings: str) -> Program:
    schema = folder / "schema.json"
    schema.write_bytes(msgspec.json.encode(workload.SCHEMA))
    own = {
        "HOST": "127.0.0.1",
        "PORT": "{port}",
        "ADMIN__PORT": "{admin}",
        "DATA__SCHEMA_FILE": str(schema),
        "LOG__FORMAT": "json",
    }
    return Program(
        name,
        (sys.executable, "-m", "dataservice"),
        {f"DATASERVICE_{key}": value for key, value in (own | settings).items()},
        "http://127.0.0.1:{admin}/readyz",
    )


def _uvicorn(app: str) -> Sequence[str]:
    return (
        sys.executable,
        "-m",
        "uvicorn",
        app,
        "--port",
        "{port}",
        "--loop",
        "uvloop",
        "--http",
        "httptools",
    )


@dataclass(frozen=True)
class Subject:
    """A program that runs and is ready."""

    name: str
    process: asyncio.subprocess.Process
    port: int
    log: Path
    ready_seconds: float
    """From the start of the process until it was ready."""

    def cpu_seconds(self) -> float:
        """So far (https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html: utime and stime)."""
        fields = self._told("stat").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS

    def megabytes(self) -> float:
        """Resident now (https://man7.org/linux/man-pages/man5/proc_pid_status.5.html: VmRSS)."""
        found = re.search(r"VmRSS:\s+(\d+) kB", self._told("status"))
        assert found is not None, f"{self.name} has ended"
        return int(found[1]) * 1024 / 1e6

    def _told(self, name: str) -> str:
        return Path(f"/proc/{self.process.pid}/{name}").read_text()

    async def load(self, order: Order) -> tuple[Outcome, float]:
        """What a load found, and the CPU seconds that it cost this process."""
        before = self.cpu_seconds()
        loader = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "benchmarks.service.load",
            cwd=CHECKOUT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        told, _ = await loader.communicate(msgspec.json.encode(order))
        if loader.returncode != 0:
            raise RuntimeError(
                f"the load on {self.name} failed; its log ends: {self.log.read_text()[-1000:]}"
            )
        return msgspec.json.decode(told, type=Outcome), self.cpu_seconds() - before


@asynccontextmanager
async def running(program: Program, folder: Path) -> AsyncIterator[Subject]:
    """Its log is `<name>.log` in the folder."""
    ports = {"port": str(free_port()), "admin": str(free_port())}
    environment = {name: value.format(**ports) for name, value in program.environment.items()}
    started = time.perf_counter()
    log = folder / f"{program.name}.log"
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(
            *(part.format(**ports) for part in program.command),
            cwd=CHECKOUT,
            env={"PATH": os.environ["PATH"], **environment},
            stdout=output,
            stderr=output,
        )
    try:
        await _ready(process, program.ready.format(**ports))
        yield Subject(program.name, process, int(ports["port"]), log, time.perf_counter() - started)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _ready(process: asyncio.subprocess.Process, url: str) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS), httpx.AsyncClient(trust_env=False) as client:
        while True:
            if process.returncode is not None:
                raise RuntimeError(f"it ended with exit code {process.returncode} before it was ready: {url}")
            try:
                if (await client.get(url)).status_code == httpx.codes.OK:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.02)
