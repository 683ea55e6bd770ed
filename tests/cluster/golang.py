"""Programs built from Go modules, once for each version, into the cache that all checkouts share."""

import json
import os
import re
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import files, versions
from tests.cluster.commands import run, run_logged
from tests.cluster.errors import ClusterError
from tests.cluster.identity import cache_dir
from tests.cluster.progress import Report, Task

UNSERVED_STAGING = {"k8s.io/sample-cli-plugin", "k8s.io/sample-controller"}
"""Replaced in Kubernetes' go.mod, but not published as modules, and needed by no program."""


@dataclass(frozen=True)
class Module:
    """A Go module and the programs (name -> package) that are built from it."""

    title: str
    path: str
    version: str
    programs: dict[str, str]
    tags: str = ""
    source: Path | None = None
    """A program of ours that calls the module, as the package `testcluster`."""

    def missing(self, names: Iterable[str]) -> dict[str, str]:
        wanted = set(names)
        return {n: p for n, p in self.programs.items() if n in wanted and not self.binary(n).exists()}

    def binary(self, name: str) -> Path:
        return cache_dir() / "bin" / f"{name}-{self.version}"

    @property
    def workspace(self) -> Path:
        return cache_dir() / "src" / f"{self.title}-{self.version}"


KUBERNETES = Module(
    "kubernetes",
    "k8s.io/kubernetes",
    versions.KUBERNETES,
    {
        name: f"k8s.io/kubernetes/cmd/{name}"
        for name in (
            "kube-apiserver",
            "kube-controller-manager",
            "kube-scheduler",
            "kubelet",
            "kube-proxy",
            "kubectl",
        )
    },
)
ETCD = Module("etcd", "go.etcd.io/etcd/server/v3", versions.ETCD, {"etcd": "go.etcd.io/etcd/server/v3"})
CONTAINERD = Module(
    "containerd",
    "github.com/containerd/containerd/v2",
    versions.CONTAINERD,
    {
        name: f"github.com/containerd/containerd/v2/cmd/{name}"
        for name in ("containerd", "containerd-shim-runc-v2", "ctr")
    },
    tags="no_btrfs no_devmapper no_zfs no_aufs",
)
COREDNS = Module(
    "coredns", "github.com/coredns/coredns", versions.COREDNS, {"coredns": "github.com/coredns/coredns"}
)
METRICS_SERVER = Module(
    "metrics-server",
    "sigs.k8s.io/metrics-server",
    versions.METRICS_SERVER,
    {"metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server"},
)
KIND = Module("kind", "sigs.k8s.io/kind", versions.KIND, {"kind": "sigs.k8s.io/kind"})
HELM = Module("helm", "helm.sh/helm/v4", versions.HELM, {"helm": "helm.sh/helm/v4/cmd/helm"})
KUBECONFORM = Module(
    "kubeconform",
    "github.com/yannh/kubeconform",
    versions.KUBECONFORM,
    {"kubeconform": "github.com/yannh/kubeconform/cmd/kubeconform"},
)
KUBE_SCORE = Module(
    "kube-score",
    "github.com/zegl/kube-score",
    versions.KUBE_SCORE,
    {"kube-score": "github.com/zegl/kube-score/cmd/kube-score"},
)
ACTIONLINT = Module(
    "actionlint",
    "github.com/rhysd/actionlint",
    versions.ACTIONLINT,
    {"actionlint": "github.com/rhysd/actionlint/cmd/actionlint"},
)
CRANE = Module(
    "crane",
    "github.com/google/go-containerregistry",
    versions.CRANE,
    {"crane": "github.com/google/go-containerregistry/cmd/crane"},
)
KSTATUS = Module(
    "kstatus",
    "github.com/fluxcd/cli-utils",
    versions.FLUX_CLI_UTILS,
    {"kstatus": "testcluster"},
    source=Path(__file__).parent / "kstatus" / "main.go",
)
GOPHER_LUA = Module(
    "gopher-lua",
    "github.com/yuin/gopher-lua",
    versions.GOPHER_LUA,
    {"glua": "github.com/yuin/gopher-lua/cmd/glua"},
)
PROMETHEUS = Module(
    "prometheus",
    "github.com/prometheus/prometheus",
    versions.PROMETHEUS,
    {name: f"github.com/prometheus/prometheus/cmd/{name}" for name in ("prometheus", "promtool")},
    tags="remove_all_sd enable_kubernetes_sd",  # else the clients of every cloud
)
KRO = Module(
    "kro",
    "github.com/kubernetes-sigs/kro",
    versions.KRO,
    {"kro": "github.com/kubernetes-sigs/kro/cmd/controller"},
)
CLUSTER = (ETCD, KUBERNETES, CONTAINERD, COREDNS, METRICS_SERVER)
DELIVERY = (HELM, KUBECONFORM, KUBE_SCORE, ACTIONLINT, CRANE, KSTATUS, GOPHER_LUA, PROMETHEUS)
MODULES = (*CLUSTER, *DELIVERY, KRO, KIND)

CONTROL_PLANE = ("etcd", "kube-apiserver", "kube-controller-manager", "kubectl")
NODE = tuple(name for module in CLUSTER for name in module.programs)
TOOLS = tuple(name for module in DELIVERY for name in module.programs)
RIVALS = tuple(KRO.programs)
ON_DOCKER = ("kind", "kubectl")


def binary(name: str) -> Path:
    return next(module.binary(name) for module in MODULES if name in module.programs)


def build_tasks(names: Iterable[str]) -> list[Task]:
    """What is to be built before the named programs are there; nothing the second time."""
    wanted = tuple(names)
    tasks = [_build_task(module, wanted) for module in MODULES if module.missing(wanted)]
    if tasks:
        check_toolchain()
    return tasks


def built(names: Iterable[str]) -> bool:
    return all(binary(name).exists() for name in names)


def sources(module: Module) -> Path:
    """The folder of a module's sources, fetched where they are not there."""
    found = json.loads(run("go", "mod", "download", "-json", f"{module.path}@v{module.version}"))
    return Path(found["Dir"])


def _build_task(module: Module, wanted: tuple[str, ...]) -> Task:
    count = len(module.missing(wanted))
    title = f"build {module.title} {module.version} ({count} program{'s' if count > 1 else ''})"
    return Task(title, lambda report: _build(module, wanted, report))


def _build(module: Module, wanted: tuple[str, ...], report: Report) -> None:
    report("waiting for another build of it")
    with files.locked(cache_dir() / "bin" / f".{module.title}.lock"):
        if missing := module.missing(wanted):
            report("fetching sources")
            _write_workspace(module)
            _compile(module, missing, report)


def check_toolchain() -> None:
    wanted = ".".join(map(str, versions.GO))
    hint = f"install Go {wanted} or later (https://go.dev/dl/) and put it on PATH"
    try:
        found, chosen = run("go", "env", "GOVERSION", "GOTOOLCHAIN").split()
    except ClusterError as error:
        raise ClusterError(f"the test cluster is built with Go, which does not answer: {hint}") from error
    match = re.match(r"go(\d+)\.(\d+)", found)
    version = tuple(map(int, match.groups())) if match else (0, 0)
    if version < versions.GO and chosen == "local":
        raise ClusterError(f"{found} is too old to build the test cluster: {hint}")


def _write_workspace(module: Module) -> None:
    """Make a module of our own that requires the one to build: `go install` refuses replace directives."""
    lines = ["module testcluster", f"go {'.'.join(map(str, versions.GO))}.0"]
    lines.append(f"require {module.path} v{module.version}")
    lines += [f"replace {path} => {path} {version}" for path, version in _staging(module)]
    files.write(module.workspace / "go.mod", "\n".join(lines) + "\n")
    if module.source:
        files.write(module.workspace / "main.go", module.source.read_text())


def _staging(module: Module) -> list[tuple[str, str]]:
    """Kubernetes requires its staging modules at v0.0.0; as v0.MINOR.PATCH they are published."""
    if module is not KUBERNETES:
        return []
    replaced = json.loads(run("go", "mod", "edit", "-json", f"{sources(module)}/go.mod"))["Replace"]
    paths = [entry["Old"]["Path"] for entry in replaced]
    version = f"v0.{module.version.removeprefix('1.')}"
    return [(path, version) for path in paths if path not in UNSERVED_STAGING]


def _compile(module: Module, programs: dict[str, str], report: Report) -> None:
    log = cache_dir() / "log" / f"build-{module.title}.log"
    environment = {**os.environ, "CGO_ENABLED": "0"}
    common = ("-mod=mod", "-tags", module.tags)
    needed = ("go", "list", *common, "-deps", *programs.values())
    run_logged(*needed, log=log, report=lambda _: None, cwd=module.workspace, env=environment)
    with tempfile.TemporaryDirectory(dir=cache_dir() / "bin", prefix=".build-") as output:
        flags = ("-trimpath", "-v", "-ldflags", _linker_flags(module), "-o", f"{output}/")
        counted = _Counted(len(log.read_text().splitlines()), report)
        argv = ("go", "build", *common, *flags, *programs.values())
        run_logged(*argv, log=log, report=counted, cwd=module.workspace, env=environment)
        for name, package in programs.items():
            (Path(output) / _built_name(package)).replace(module.binary(name))


@dataclass
class _Counted:
    """Turns each line of `go build -v`, a package it has compiled, into how far it is."""

    total: int
    report: Report
    done: int = 0

    def __call__(self, _: str) -> None:
        self.done += 1
        self.report(f"{self.done} of at most {self.total} packages")


def _built_name(package: str) -> str:
    """The last element of a package's path that is not a version, as `go build` names a program."""
    return next(part for part in reversed(package.split("/")) if not re.fullmatch(r"v\d+", part))


def _linker_flags(module: Module) -> str:
    if module is not KUBERNETES:
        return "-s -w"
    variable = "k8s.io/component-base/version"
    major, minor, _ = module.version.split(".")
    stamps = {"gitVersion": f"v{module.version}", "gitMajor": major, "gitMinor": minor}
    return " ".join(["-s -w", *(f"-X {variable}.{key}={value}" for key, value in stamps.items())])
