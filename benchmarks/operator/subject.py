"""The operator, or another, as a process of its own, and what it costs."""

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import aiohttp

from benchmarks.operator.workload import NEVER
from tests.cluster.ports import free_port

_TICKS: Final = os.sysconf("SC_CLK_TCK")

_NO_RESYNC: Final = 24 * 3600.0
"""In seconds. After the 600 that are its default one would fall into the longer phases, and be counted as theirs."""

_TOLD: Final = 2000
"""Characters of its log that are told when it has ended: the log itself is gone with the run."""


@dataclass(frozen=True)
class Cost:
    cpu_seconds: float
    peak_megabytes: float


@dataclass
class Program:
    process: asyncio.subprocess.Process
    log: Path

    def check(self) -> None:
        """Raises RuntimeError, with the end of what it said, when it has ended."""
        if self.process.returncode is not None:
            said = self.log.read_text(errors="replace")[-_TOLD:]
            raise RuntimeError(f"it ended with exit code {self.process.returncode}:\n{said}")

    def cost(self) -> Cost:
        """So far (https://man7.org/linux/man-pages/man5/proc.5.html: utime and stime of stat, VmHWM of status)."""
        folder = Path(f"/proc/{self.process.pid}")
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        peak = re.search(r"VmHWM:\s+(\d+) kB", (folder / "status").read_text())
        assert peak is not None, "it has ended"
        return Cost((int(fields[11]) + int(fields[12])) / _TICKS, int(peak[1]) * 1024 / 1e6)


@dataclass
class Subject(Program):
    metrics_url: str
    session: aiohttp.ClientSession

    async def metric(self, name: str, **labels: str) -> float:
        """Sum of a metric over the series that have these labels."""
        async with self.session.get(self.metrics_url) as answer:
            text = await answer.text()
        wanted = [f'{label}="{value}"' for label, value in labels.items()]
        return sum(
            float(value)
            for series, value in re.findall(rf"^{name}(\{{.*\}})? (\S+)$", text, re.MULTILINE)
            if all(each in series for each in wanted)
        )

    async def answers(self) -> None:
        """Wait until it shows its metrics."""
        while True:
            self.check()
            try:
                await self.metric("dataservice_operator_leading")
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
            else:
                return


@asynccontextmanager
async def running(
    kubeconfig: Path, log: Path, *, resync_seconds: float = _NO_RESYNC
) -> AsyncIterator[Subject]:
    """The operator as it is deployed: leader election and metrics on."""
    port, probe = free_port(), free_port()
    settings = {
        "lease_namespace": "default",
        "log_level": "WARNING",
        "metrics_port": port,
        "probe_port": probe,
        "probe_host": "127.0.0.1",
        "progress_deadline_seconds": NEVER,
        "resync_seconds": resync_seconds,
    }
    environment = {f"DATASERVICE_OPERATOR_{name.upper()}": str(value) for name, value in settings.items()}
    words = (sys.executable, "-m", "dataservice_operator")
    async with program(words, kubeconfig, log, environment) as started, aiohttp.ClientSession() as session:
        yield Subject(started.process, log, f"http://127.0.0.1:{port}/metrics", session)


@asynccontextmanager
async def program(
    words: Sequence[str], kubeconfig: Path, log: Path, environment: Mapping[str, str] | None = None
) -> AsyncIterator[Program]:
    """A process that finds the cluster by KUBECONFIG, and ends with the block."""
    here = {"PATH": os.environ["PATH"], "KUBECONFIG": str(kubeconfig), **(environment or {})}
    with log.open("ab") as output:
        process = await asyncio.create_subprocess_exec(*words, env=here, stdout=output, stderr=output)
    try:
        yield Program(process, log)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()
