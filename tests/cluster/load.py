"""Images into the cluster's node; one that the node holds already is left alone."""

import tempfile
from functools import partial
from pathlib import Path

from tests.cluster import containerd, engine, files, images, kind, sandbox
from tests.cluster.errors import ClusterError
from tests.cluster.identity import Instance, Mode, digest, instance
from tests.cluster.images import Image
from tests.cluster.progress import Report, Task


def tasks(wanted: tuple[Image, ...]) -> list[Task]:
    return [Task(f"image {image.name}", partial(_provide, image)) for image in wanted]


def load(name: str, report: Report) -> None:
    """Bring an image that the machine has into the node, under the same name."""
    if not engine.exists(name):
        raise ClusterError(f"there is no image {name} on this machine: build it first")
    _load(name, name, report)


def provide_as(name: str, image: Image, report: Report) -> None:
    """Bring an image of this checkout into the node under another name, such as that of a published one."""
    _load(images.build(image, report), name, report)


def remove(name: str) -> None:
    """Take an image out of the node, where no pod uses it."""
    chosen = instance(Mode.FULL)
    if engine.docker_runs():
        kind.remove(chosen, name)
    elif (box := sandbox.find(chosen)) is not None:
        containerd.remove_image(box, name)
    _note(name).unlink(missing_ok=True)


def _provide(image: Image, report: Report) -> None:
    provide_as(image.name, image, report)


def changed(wanted: tuple[Image, ...]) -> set[Image]:
    """Tell which images the node holds in another state than the checkout's, or not at all."""
    return {image for image in wanted if not _is_loaded(image.name, image.built())}


def _load(image: str, name: str, report: Report) -> None:
    if _is_loaded(name, image):
        return
    report("loading it into the node")
    chosen = instance(Mode.FULL)
    if engine.docker_runs():
        engine.rename(image, name)
        kind.load(chosen, name)
    else:
        _import(chosen, image, name)
    previous = _loaded(name)
    files.write(_note(name), f"{image} {engine.identify(image)}")
    if previous is not None and previous != image and engine.exists(previous):
        engine.remove(previous)  # else each change of the code would leave an image behind


def _is_loaded(name: str, image: str) -> bool:
    note = _note(name)
    return note.exists() and engine.exists(image) and note.read_text() == f"{image} {engine.identify(image)}"


def _loaded(name: str) -> str | None:
    note = _note(name)
    return note.read_text().split()[0] if note.exists() else None


def _note(name: str) -> Path:
    """Where it is noted which image the node holds under a name; the note ends with the node."""
    return instance(Mode.FULL).state / "images" / digest(name)[:16]


def _import(chosen: Instance, image: str, name: str) -> None:
    box = sandbox.find(chosen)
    if box is None:
        raise ClusterError("the cluster is not up: `python -m tests.cluster up`")
    with tempfile.TemporaryDirectory(dir=chosen.state) as directory:
        archive = Path(directory) / "image.tar"
        engine.save(image, name, archive)
        containerd.import_image(box, archive)
