"""The images of this checkout: built when their sources have changed, and only then."""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.cluster import base, engine, pipconfig
from tests.cluster.engine import Build
from tests.cluster.identity import CHECKOUT
from tests.cluster.progress import Report


@dataclass(frozen=True)
class Image:
    """An image and what it is made from, relative to the checkout."""

    name: str
    """What pods call it."""
    dockerfile: str
    sources: tuple[str, ...]
    upstream: str | None = None
    """What takes its place where a registry is reached, which is where Docker runs."""
    created: int | None = None
    """Seconds since 1970. With one time for all builds, the image is what its sources are; None: now."""
    root: Path = CHECKOUT

    @property
    def replaced(self) -> str | None:
        return self.upstream if engine.docker_runs() else None

    def built(self) -> str:
        """Name the image that these very sources give: no two checkouts can mistake each other's."""
        if self.replaced:
            return self.replaced
        return f"{self.name.rpartition(':')[0]}:{self.digest()}"

    def digest(self) -> str:
        """Sum up all that the build reads."""
        total = hashlib.sha256()
        for path in sorted(self._files()):
            content = (self.root / path).read_bytes()
            total.update(f"{path} {len(content)}\n".encode() + content)
        return total.hexdigest()[:16]

    def _files(self) -> Iterator[Path]:
        for source in (self.dockerfile, ".dockerignore", *self.sources):
            path = self.root / source
            found = [path] if path.is_file() else path.rglob("*")
            yield from (f.relative_to(self.root) for f in found if f.is_file() and f.suffix != ".pyc")


OPERATOR = Image(
    "localhost/dataservice/operator:dev",
    "Dockerfile.operator",
    ("requirements-operator.txt", "operator/dataservice_operator"),
    created=0,
)
SERVICE = Image(
    "localhost/dataservice/service:dev",
    "Dockerfile.service",
    ("requirements-service.txt", "service/dataservice"),
    created=0,
)
MONGODB = Image(
    "localhost/dataservice/mongodb:dev",
    "tests/cluster/mongodb.Dockerfile",
    ("tests/cluster/requirements-mongodb.txt",),
    upstream="mongo:8",
)
PRODUCT = (SERVICE, OPERATOR)
ALL = (*PRODUCT, MONGODB)


def build(image: Image, report: Report) -> str:
    """Have the image built; the name it has where it was built."""
    tag = image.built()
    if engine.exists(tag):
        return tag
    if image.replaced:
        engine.pull(image.replaced)
        return tag
    with recipe(image, report) as wanted:
        engine.build(wanted, report)
    return tag


@contextmanager
def recipe(image: Image, report: Report) -> Iterator[Build]:
    """How the image is built here; the files of its secrets end with the context."""
    arguments = {"BASE_IMAGE": base.provide(report)}
    with tempfile.TemporaryDirectory() as directory:
        secrets = pipconfig.secrets(Path(directory))
        file = CHECKOUT / image.dockerfile
        yield Build(image.built(), CHECKOUT, file, arguments, secrets, created=image.created)
