"""What builds images: the Docker engine where one runs, else buildah, which needs no daemon."""

import functools
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

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
    else:  # chroot: containers within a container need no further right
        argv, env = ["buildah", "build", "--isolation=chroot", "--layers", "--format=docker"], {}
    run_logged(*argv, *wanted.words, log=wanted.log, report=report, env={**os.environ, **env})


def pull(image: str) -> None:
    run("docker", "pull", "--quiet", image)


def remove(image: str) -> None:
    run(*(("docker", "image", "rm") if docker_runs() else ("buildah", "rmi")), image)


def rename(image: str, name: str) -> None:
    run("docker" if docker_runs() else "buildah", "tag", image, name)


def save(image: str, name: str, archive: Path) -> None:
    """Write an image of buildah's to a file, under the name that pods will use.

    Uncompressed: on one machine it takes more time to compress than to copy.
    """
    run("buildah", "push", "--quiet", image, f"docker-archive:{archive}:{name}")
