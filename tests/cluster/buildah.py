"""Images where no Docker engine runs. No daemon, and chroot isolation: it works inside a container too."""

import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tests.cluster.commands import run, run_logged
from tests.cluster.identity import cache_dir
from tests.cluster.progress import Report


def build(
    context: Path,
    dockerfile: Path,
    *,
    arguments: Mapping[str, str] | None = None,
    secrets: Mapping[str, Path] | None = None,
    tag: str | None = None,
    report: Report = lambda _: None,
) -> str:
    """Build an image, from the layers of an earlier build where nothing has changed; its id."""
    words = ["--isolation=chroot", "--layers", "--format=docker", f"--file={dockerfile}"]
    words += [f"--build-arg={name}={value}" for name, value in (arguments or {}).items()]
    words += [f"--secret=id={name},src={path}" for name, path in (secrets or {}).items()]
    words += [f"--tag={tag}"] if tag else []
    log = (
        cache_dir() / "log" / f"image-{context.name if tag is None else tag.split('/')[-1].split(':')[0]}.log"
    )
    with tempfile.NamedTemporaryFile(mode="r") as image_id:
        argv = ["buildah", "build", f"--iidfile={image_id.name}", *words, str(context)]
        run_logged(*argv, log=log, report=report, env=dict(os.environ))
        return Path(image_id.name).read_text().strip().removeprefix("sha256:")


def save(image: str, name: str, archive: Path) -> None:
    """Write an image to a file under the name that pods will use."""
    run("buildah", "push", "--quiet", image, f"oci-archive:{archive}:{name}")


def identify(name: str) -> str | None:
    """Return the id of an image by its name, or None where there is none."""
    listed = run("buildah", "images", "--quiet", "--no-trunc", "--filter", f"reference={name}").split()
    return listed[0].removeprefix("sha256:") if listed else None
