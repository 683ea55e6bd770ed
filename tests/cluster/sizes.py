"""How large an image is: unpacked, as a node keeps it, and packed, as a registry does."""

import gzip
import json
import tarfile
import tempfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO

from tests.cluster import engine, images, packages
from tests.cluster.images import Image
from tests.cluster.progress import Report, Task

_CHUNK = 1 << 20
_GZIP = 31
"""zlib's word for gzip's own format."""


@dataclass(frozen=True)
class Size:
    """Bytes."""

    unpacked: int
    packed: int

    def __add__(self, other: "Size") -> "Size":
        return Size(self.unpacked + other.unpacked, self.packed + other.packed)

    def __str__(self) -> str:
        return f"{self.unpacked / 1e6:.1f} MB, {self.packed / 1e6:.1f} MB compressed"


def tasks(wanted: tuple[Image, ...], say: Callable[[str], None]) -> list[Task]:
    """Build images, and say of each how large it is."""
    needed = [] if engine.docker_runs() else packages.install_tasks()
    return [*needed, *(Task(f"image {image.name}", partial(_tell, image, say)) for image in wanted)]


def _tell(image: Image, say: Callable[[str], None], report: Report) -> None:
    built = images.build(image, report)
    report("measuring it")
    found = layers(built)
    say(f"{image.name}: {total(found)}, id {engine.identify(built)}")
    for layer in found:
        say(f"  layer of {layer}")


def layers(image: str) -> list[Size]:
    """Measure an image's layers from the base up, each packed by gzip as a push would."""
    with tempfile.TemporaryDirectory() as directory:
        archive = Path(directory) / "image.tar"
        engine.save(image, image, archive)
        with tarfile.open(archive) as saved:
            names = json.load(_member(saved, "manifest.json"))[0]["Layers"]
            return [_layer(_member(saved, name)) for name in names]


def total(found: list[Size]) -> Size:
    return sum(found, Size(0, 0))


def _layer(stream: IO[bytes] | gzip.GzipFile) -> Size:
    packed = zlib.compressobj(wbits=_GZIP)
    size = Size(0, 0)
    while chunk := stream.read(_CHUNK):
        size += Size(len(chunk), len(packed.compress(chunk)))
    return size + Size(0, len(packed.flush()))


def _member(saved: tarfile.TarFile, name: str) -> IO[bytes] | gzip.GzipFile:
    """Open a file of the archive. Docker may keep layers packed, as they came."""
    found = saved.extractfile(name)
    assert found is not None, f"{name} is a directory"
    is_packed = found.read(2) == b"\x1f\x8b"
    found.seek(0)
    return gzip.open(found) if is_packed else found
