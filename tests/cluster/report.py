"""What is up, for people and for programs."""

import json
from dataclasses import asdict, dataclass

from tests.cluster import health, processes, state
from tests.cluster.identity import Mode, instance


@dataclass(frozen=True)
class ProgramStatus:
    name: str
    pid: int
    running: bool
    log: str


@dataclass(frozen=True)
class ClusterStatus:
    mode: Mode
    ready: bool
    kubeconfig: str | None
    url: str | None
    node_address: str | None
    programs: tuple[ProgramStatus, ...]


def inspect(mode: Mode) -> ClusterStatus:
    chosen = instance(mode)
    known = chosen.kubeconfig.exists()
    return ClusterStatus(
        mode,
        ready=health.ready(chosen),
        kubeconfig=str(chosen.kubeconfig) if known else None,
        url=health.server_url(chosen) if known else None,
        node_address=state.node_address(chosen) if known else None,
        programs=tuple(
            ProgramStatus(r.name, r.pid, r.alive, str(processes.log_file(chosen, r.name)))
            for r in processes.all_recorded(chosen)
        ),
    )


def as_json(found: list[ClusterStatus]) -> str:
    return json.dumps([asdict(cluster) for cluster in found], indent=2)


def as_text(found: list[ClusterStatus]) -> str:
    return "\n".join(line for cluster in found for line in _lines(cluster))


def _lines(cluster: ClusterStatus) -> list[str]:
    if cluster.kubeconfig is None:
        return [f"{cluster.mode}: not up"]
    node = f", node {cluster.node_address}" if cluster.node_address else ""
    head = f"{cluster.mode}: {'ready' if cluster.ready else 'NOT READY'} at {cluster.url}{node}"
    programs = [_line(program) for program in cluster.programs]
    return [head, f"  export KUBECONFIG={cluster.kubeconfig}", *programs]


def _line(program: ProgramStatus) -> str:
    condition = f"running, process {program.pid}" if program.running else f"NOT RUNNING, see {program.log}"
    return f"  {program.name:<24} {condition}"
