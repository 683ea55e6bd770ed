"""The image that holds a pod's namespaces, from a few lines of Go: no registry is needed for it."""

import os
import shutil
import tempfile
from pathlib import Path

from tests.cluster import containerd, engine, files
from tests.cluster.commands import run
from tests.cluster.engine import Build
from tests.cluster.identity import cache_dir, digest
from tests.cluster.sandbox import Sandbox

SOURCE = Path(__file__).parent


def provide(box: Sandbox) -> None:
    """Have the node hold the image."""
    if containerd.has_image(box, containerd.PAUSE_IMAGE):
        return
    archive = _archive()
    with files.locked(archive.with_suffix(".lock")):
        if not archive.exists():
            _build(archive)
    containerd.import_image(box, archive)


def _archive() -> Path:
    version = digest((SOURCE / "main.go").read_text() + (SOURCE / "Dockerfile").read_text())[:12]
    return cache_dir() / "images" / f"pause-{version}.tar"


def _build(archive: Path) -> None:
    with tempfile.TemporaryDirectory(dir=archive.parent) as name:
        context = Path(name)
        shutil.copy(SOURCE / "Dockerfile", context)
        flags = ["-C", str(SOURCE), "-trimpath", "-ldflags=-s -w"]
        run("go", "build", *flags, "-o", context / "pause", ".", env={**os.environ, "CGO_ENABLED": "0"})
        tag = containerd.PAUSE_IMAGE
        engine.build(Build(tag, context, context / "Dockerfile"), lambda _: None)
        engine.save(tag, tag, context / "image.tar")
        (context / "image.tar").replace(archive)
