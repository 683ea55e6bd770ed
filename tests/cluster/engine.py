"""What builds images: the Docker engine where one runs, else buildah, which needs no daemon."""

import functools
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cluster.commands import run, run_logged, succeeds
from tests.cluster.identity import cache_dir
from tests.cluster.progress import Report


@dataclass(frozen=True)
class Build:
    tag: str
    context: Path
    dockerfile: Path
    arguments: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, Path] = field(default_factory=dict)
    created: int | None = None
    """Seconds since 1970: what the image says, whenever it is built. buildah gives it to its files as well."""
    anew: bool = False
    """Without a layer of an earlier build."""

    @property
    def log(self) -> Path:
        return cache_dir() / "log" / f"image-{self.tag.rpartition('/')[2].partition(':')[0]}.log"

    @property
    def words(self) -> list[str]:
        return [
            f"--file={self.dockerfile}",
            f"--tag={self.tag}",
            *(f"--build-arg={name}={value}" for name, value in self.arguments.items()),
            *(f"--secret=id={name},src={path}" for name, path in self.secrets.items()),
            *(["--no-cache"] if self.anew else []),
            str(self.context),
        ]


@functools.cache
def docker_runs() -> bool:
    return succeeds("docker", "info")


def exists(image: str) -> bool:
    return succeeds(*(("docker", "image") if docker_runs() else ("buildah",)), "inspect", image)


def identify(image: str) -> str:
    """Return the id of an image: another content, another id."""
    if docker_runs():
        return run("docker", "image", "inspect", "--format={{.Id}}", image).strip()
    return run("buildah", "inspect", "--type=image", "--format={{.FromImageID}}", image).strip()


def build(wanted: Build, report: Report) -> None:
    """Build an image, from the layers of an earlier build as far as nothing has changed."""
    if docker_runs():
        argv, env = ["docker", "build", "--progress=plain"], {"DOCKER_BUILDKIT": "1"}
        if wanted.created is not None:
            env["SOURCE_DATE_EPOCH"] = str(wanted.created)
    else:  # chroot: containers within a container need no further right
        argv, env = ["buildah", "build", "--isolation=chroot", "--format=oci", "--force-rm"], {}
        if not wanted.anew:
            argv.append("--layers")
        if wanted.created is not None:
            argv.append(f"--timestamp={wanted.created}")
    run_logged(*argv, *wanted.words, log=wanted.log, report=report, env={**os.environ, **env})


def pull(image: str) -> None:
    run("docker", "pull", "--quiet", image)


def remove(image: str) -> None:
    run(*(("docker", "image", "rm") if docker_runs() else ("buildah", "rmi")), image)


def rename(image: str, name: str) -> None:
    run("docker" if docker_runs() else "buildah", "tag", image, name)


def configuration(image: str) -> dict[str, Any]:
    """What an image says of itself: `User`, `Labels`, `Env` and so on."""
    if docker_runs():
        found: dict[str, Any] = json.loads(run("docker", "image", "inspect", image))[0]["Config"]
    else:
        found = json.loads(run("buildah", "inspect", "--type=image", image))["Docker"]["config"]
    return found


def output(image: str, *argv: str, user: str | None = None) -> str:
    """Run a program in a container of the image, as the image's user if no other is given; what it printed."""
    as_user = [f"--user={user}"] if user else []
    if docker_runs():
        entry = ["--rm", "--network=none", f"--entrypoint={argv[0]}"]
        return run("docker", "run", *entry, *as_user, image, *argv[1:])
    container = run("buildah", "from", image).strip()
    try:
        return run("buildah", "run", "--isolation=chroot", *as_user, container, "--", *argv)
    finally:
        run("buildah", "rm", container)


def save(image: str, name: str, archive: Path) -> None:
    """Write an image to a file, under the name that pods will use.

    Uncompressed: on one machine it takes more time to compress than to copy.
    """
    if docker_runs():
        rename(image, name)
        run("docker", "save", f"--output={archive}", name)
    else:
        run("buildah", "push", "--quiet", image, f"docker-archive:{archive}:{name}")
