"""The base image where no registry is reached: the same Debian and Python, from Debian's own packages."""

import os
import shutil
import tempfile
from pathlib import Path

from tests.cluster import engine, files, versions
from tests.cluster.commands import run, run_logged
from tests.cluster.engine import Build
from tests.cluster.identity import cache_dir
from tests.cluster.progress import Report

UPSTREAM = f"python:{versions.PYTHON}-slim-{versions.DEBIAN_SUITE}"
STAND_IN = f"localhost/dataservice/{UPSTREAM}"
PACKAGES = "python3,python3-venv,ca-certificates"
UNUSED = ("usr/share/doc", "usr/share/man", "usr/share/locale", "var/cache/apt", "var/lib/apt/lists")


def provide(report: Report) -> str:
    """Have a base image; its name."""
    if engine.docker_runs():
        return UPSTREAM
    with files.locked(cache_dir() / "images" / ".base.lock"):
        if not engine.exists(STAND_IN):
            _import(_filesystem(report), report)
    return STAND_IN


def _filesystem(report: Report) -> Path:
    archive = cache_dir() / "images" / f"{UPSTREAM.replace(':', '-')}.tar"
    if archive.exists():
        return archive
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".base-") as name:
        root, made = Path(name) / "root", Path(name) / "base.tar"
        log = cache_dir() / "log" / "debootstrap.log"
        options = ("--variant=minbase", f"--include={PACKAGES}")
        run_logged("debootstrap", *options, versions.DEBIAN_SUITE, root, log=log, report=report)
        _resemble_upstream(root)
        report("packing")
        run("tar", "--create", "--file", made, "--directory", root, "--exclude=./dev/*", ".")
        made.replace(archive)
    return archive


def _resemble_upstream(root: Path) -> None:
    for name in ("python", "python3"):
        (root / "usr/local/bin" / name).symlink_to(f"/usr/bin/python{versions.PYTHON}")
    for directory in UNUSED:
        shutil.rmtree(root / directory, ignore_errors=True)


def _import(archive: Path, report: Report) -> None:
    report("importing")
    with tempfile.TemporaryDirectory(dir=archive.parent, prefix=".base-") as name:
        context = Path(name)
        os.link(archive, context / "base.tar")
        (context / "Dockerfile").write_text("FROM scratch\nADD base.tar /\n")
        engine.build(Build(STAND_IN, context, context / "Dockerfile"), report)
