"""The two images of this checkout: what is in them, what they run as, and that they can be made again."""

import re
import shutil
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.cluster import engine, images, packages, sizes
from tests.cluster.identity import CHECKOUT
from tests.cluster.images import OPERATOR, SERVICE, Image
from tests.support.required import unavailable

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(900)]  # a first run makes the base image, and all from it

EXTRAS = {OPERATOR: "operator", SERVICE: "service"}
"""What pyproject.toml calls the dependencies of each."""

START = {
    OPERATOR: "python -c 'import dataservice_operator.main'",
    SERVICE: "DATASERVICE_ADMIN__PORT=0 DATASERVICE_DATABASE__KIND=memory "
    "python -c 'from dataservice.app import create_app; create_app()'",
}

MAX_PACKED = {OPERATOR: 100e6, SERVICE: 90e6}
"""Bytes that a node has to pull, base image and all."""

INSTALLERS = re.compile(
    r"""
    /(pip|setuptools|wheel|ensurepip)(-[^/]+)?$  # as packages of Python
    | \.whl$
    | /s?bin/(pip|uv|easy_install|git|curl|wget|make|go|cargo|rustc)[-.0-9]*$
    | /s?bin/([^/]+-)?(cc|gcc|c\+\+|g\+\+|clang|ld)[-.0-9]*$
    | /pip\.conf$ | ^/run/secrets/  # how the build reached its packages
    """,
    re.VERBOSE,
)

PYTHON = {"python_version": "3.13", "python_full_version": "3.13.0", "sys_platform": "linux"}
"""The images', where a requirement depends on it."""


@pytest.fixture(scope="module", params=images.PRODUCT, ids=EXTRAS.get)
def image(request: pytest.FixtureRequest) -> Image:
    if not engine.docker_runs() and packages.missing():
        unavailable("needs a Docker engine, or buildah: make cluster")
    chosen: Image = request.param
    return chosen


@pytest.fixture(scope="module")
def built(image: Image) -> str:
    return images.build(image, print)


def test_its_user_is_not_root(built: str) -> None:
    assert (
        engine.configuration(built)["User"] == "65532:65532"
    )  # in numbers, as `runAsNonRoot` has to read it
    assert engine.output(built, "id").startswith("uid=65532(nonroot) gid=65532(nonroot)")


def test_its_user_can_write_nothing_but_temporary_files(built: str) -> None:
    writable = "find / -xdev ! -readable -prune -o \\( -type f -o -type d \\) -writable -print"
    found = engine.output(built, "sh", "-c", writable)
    assert set(found.split()) <= {"/tmp", "/var/tmp", "/run/lock"}  # noqa: S108 - the places themselves


def test_nothing_is_left_in_it_that_installs_or_compiles(built: str) -> None:
    files = engine.output(built, "find", "/", "-xdev", user="0").splitlines()
    assert [path for path in files if INSTALLERS.search(path)] == []


def test_its_packages_are_those_of_the_lock_file(image: Image, built: str) -> None:
    listing = "from importlib.metadata import distributions as d; [print(x.name, x.version) for x in d()]"
    found = (line.split() for line in engine.output(built, "python", "-c", listing).splitlines())
    assert {canonicalize_name(name): version for name, version in found} == locked(image)


def test_every_package_asked_for_can_be_imported(image: Image, built: str) -> None:
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    asked = [*project["dependencies"], *project["optional-dependencies"][EXTRAS[image]]]
    names = (Requirement(line).name for line in asked)
    modules = ", ".join("jwt" if name == "pyjwt" else name.replace("-", "_") for name in names)
    assert engine.output(built, "python", "-c", f"import {modules}; print('imported')") == "imported\n"


def test_no_start_has_to_compile_what_it_imports(image: Image, built: str) -> None:
    start = (
        f"touch /before; PYTHONDONTWRITEBYTECODE= {START[image]}; find / -xdev -name '*.pyc' -newer /before"
    )
    assert engine.output(built, "sh", "-c", start, user="0") == ""


def test_its_labels_are_those_that_the_build_was_given(image: Image) -> None:
    given = {"VERSION": "1.2.3", "REVISION": "0a1b2c3", "SOURCE": "https://git.example.com/dataservice"}
    with another(image, "labelled", arguments=given) as labelled:
        labels = engine.configuration(labelled)["Labels"]
    for argument, value in given.items():
        assert labels[f"org.opencontainers.image.{argument.lower()}"] == value
    assert labels["org.opencontainers.image.title"] == f"DataService {EXTRAS[image]}"
    assert labels["org.opencontainers.image.licenses"] == "Apache-2.0"


def test_it_is_small(image: Image, built: str) -> None:
    assert sizes.total(sizes.layers(built)).packed < MAX_PACKED[image]


@pytest.mark.parametrize("image", [SERVICE], ids=["service"], indirect=True)  # the operator's is made alike
def test_two_builds_of_the_same_sources_give_the_same_image(image: Image, tmp_path: Path) -> None:
    """Nothing is reused, and the second checkout is newer, in another place, with another umask."""
    elsewhere = copy(image, tmp_path)
    with (
        another(image, "first", anew=True) as first,
        another(image, "second", context=elsewhere, anew=True) as second,
    ):
        assert content(first) == content(second)


@contextmanager
def another(
    image: Image,
    tag: str,
    *,
    context: Path = CHECKOUT,
    arguments: Mapping[str, str] | None = None,
    anew: bool = False,
) -> Iterator[str]:
    """The image as built in another way, under a name of its own, removed afterwards."""
    with images.recipe(image, print) as recipe:
        build = replace(
            recipe,
            tag=f"{image.name.rpartition(':')[0]}:{tag}",
            context=context,
            dockerfile=context / image.dockerfile,
            arguments={**recipe.arguments, **(arguments or {})},
            anew=anew,
        )
        engine.build(build, print)
    try:
        yield build.tag
    finally:
        engine.remove(build.tag)


def copy(image: Image, directory: Path) -> Path:
    for source in (image.dockerfile, ".dockerignore", *image.sources):
        (directory / source).parent.mkdir(parents=True, exist_ok=True)
        if (CHECKOUT / source).is_dir():
            shutil.copytree(CHECKOUT / source, directory / source)
        else:
            shutil.copy(CHECKOUT / source, directory / source)
    for path in directory.rglob("*"):
        path.chmod(path.stat().st_mode & ~0o077)
    return directory


def content(image: str) -> str:
    """What two images must share to be the same: their id, or where Docker keeps files' times, all else."""
    if not engine.docker_runs():
        return engine.identify(image)
    listing = (
        "find / -xdev -printf '%M %U %G %p %l\\n' | sort; find / -xdev -type f -exec sha256sum {} + | sort"
    )
    return engine.output(image, "sh", "-c", listing, user="0")


def locked(image: Image) -> dict[str, str]:
    """Name and version of all that the lock file has for the images' Python."""
    text = (CHECKOUT / f"requirements-{EXTRAS[image]}.txt").read_text()
    lines = re.findall(r"^[a-z0-9].*?(?= \\?$)", text, re.MULTILINE)
    wanted = [Requirement(line) for line in lines]
    return {
        canonicalize_name(one.name): str(one.specifier).removeprefix("==")
        for one in wanted
        if one.marker is None or one.marker.evaluate(PYTHON)
    }
