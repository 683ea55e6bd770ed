"""Images: built from this checkout, pushed, and from then on named by their digest.

With a Docker engine by BuildKit, which attaches an SBOM and a provenance attestation; elsewhere by buildah.
"""

import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from delivery.pipeline.errors import PipelineError
from delivery.pipeline.programs import finished, run, say

ROOT: Final = Path(__file__).resolve().parents[2]
NAMES: Final = ("operator", "service")
ARGUMENTS: Final = ("BASE_IMAGE", "SOURCE")
"""Arguments of the Dockerfiles that the environment may give."""

SECRETS: Final = {"pip": "PIP_CONFIG_FILE", "ca": "PIP_CERT"}
"""Secrets of the build -> variables that name their files, which pip itself reads too."""


@dataclass(frozen=True)
class Build:
    name: str
    """`operator` or `service`."""
    repository: str
    """Where it is pushed, such as `ghcr.io/example/operator`."""
    revision: str
    """The commit, with `-dirty` if files differ from it; also the tag."""
    epoch: str
    """Seconds since 1970 of the commit: the time of every file in the image."""
    environ: Mapping[str, str]

    @property
    def tagged(self) -> str:
        return f"{self.repository}:{self.revision}"

    @property
    def words(self) -> list[str]:
        """What both builders are told."""
        arguments = {
            "VERSION": version(),
            "REVISION": self.revision,
            **{name: self.environ[name] for name in ARGUMENTS if self.environ.get(name)},
        }
        secrets = {id_: self.environ[name] for id_, name in SECRETS.items() if self.environ.get(name)}
        return [
            f"--file={ROOT / f'Dockerfile.{self.name}'}",
            *(f"--build-arg={name}={value}" for name, value in arguments.items()),
            *(f"--secret=id={id_},src={path}" for id_, path in secrets.items()),
        ]


def publish(registry: str, revision: str, environ: Mapping[str, str]) -> dict[str, str]:
    """Build and push every image; name -> reference by digest. Told to GitHub as outputs of the step."""
    full = _checked_out(revision)
    epoch = _git("log", "-1", "--format=%ct", "HEAD")
    references = {}
    for name in NAMES:
        build = Build(name, f"{registry.lower()}/{name}", full, epoch, environ)
        say(f"building {build.tagged}")
        digest = (_by_buildkit if _docker_runs() else _by_buildah)(build)
        references[name] = f"{build.repository}@{digest}"
        say(f"pushed {references[name]}")
    _tell_github(references, environ)
    return references


def _checked_out(revision: str) -> str:
    """The whole name of a commit, marked if the files are not quite its.

    Raises:
        PipelineError: another commit is checked out, and an image would be called by the wrong one.
    """
    wanted, head = _git("rev-parse", revision), _git("rev-parse", "HEAD")
    if wanted != head:
        raise PipelineError(f"{revision} is not checked out, {head[:12]} is: git checkout {revision}")
    return f"{head}-dirty" if _git("status", "--porcelain", "--untracked-files=no") else head


def _git(*words: str) -> str:
    return run("git", "-C", str(ROOT), *words, quiet=True).strip()


def version() -> str:
    source = (ROOT / "service/dataservice/__init__.py").read_text(encoding="utf-8")
    found = re.search(r'^__version__ = "([^"]+)"', source, re.MULTILINE)
    if found is None:
        raise PipelineError("service/dataservice/__init__.py names no __version__")
    return found[1]


def _docker_runs() -> bool:
    try:
        return finished(("docker", "info")).returncode == 0
    except PipelineError:
        return False


def _by_buildkit(build: Build) -> str:
    with tempfile.TemporaryDirectory() as directory:
        metadata = Path(directory) / "metadata.json"
        run(*buildkit_command(build, metadata))
        digest: str = json.loads(metadata.read_text())["containerimage.digest"]
        return digest


def buildkit_command(build: Build, metadata: Path) -> list[str]:
    return [
        *("docker", "buildx", "build", "--provenance=mode=max", "--sbom=true"),
        f"--build-arg=SOURCE_DATE_EPOCH={build.epoch}",
        f"--output=type=image,name={build.tagged},push=true,rewrite-timestamp=true",
        f"--metadata-file={metadata}",
        *build.words,
        str(ROOT),
    ]


def _by_buildah(build: Build) -> str:
    with tempfile.TemporaryDirectory() as directory:
        digest = Path(directory) / "digest"
        same = ("--format=oci", f"--timestamp={build.epoch}")
        run(
            "buildah", "build", "--quiet", "--layers", *same, f"--tag={build.tagged}", *build.words, str(ROOT)
        )
        run("buildah", "push", "--quiet", f"--digestfile={digest}", build.tagged)
        return digest.read_text().strip()


def _tell_github(references: Mapping[str, str], environ: Mapping[str, str]) -> None:
    lines = "".join(f"{name}={reference}\n" for name, reference in references.items())
    if path := environ.get("GITHUB_OUTPUT"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(lines)
    if path := environ.get("GITHUB_STEP_SUMMARY"):
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"- `{reference}`\n" for reference in references.values())
