from pathlib import Path

import pytest

from tests.cluster.images import Image


@pytest.fixture
def image(tmp_path: Path) -> Image:
    for name, text in {"Dockerfile": "FROM scratch", ".dockerignore": "", "src/main.py": "print()"}.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return Image("localhost/any:dev", "Dockerfile", ("src",), root=tmp_path)


def test_unchanged_sources_give_the_image_that_is_there(image: Image) -> None:
    assert image.built() == image.built()
    assert image.built().startswith("localhost/any:")


def test_bytecode_is_no_change(image: Image) -> None:
    before = image.built()
    (image.root / "src" / "main.pyc").write_bytes(b"compiled")
    assert image.built() == before


@pytest.mark.parametrize("changed", ["Dockerfile", ".dockerignore", "src/main.py", "src/new.py"])
def test_a_change_to_anything_it_is_made_from_gives_another_image(image: Image, changed: str) -> None:
    before = image.built()
    (image.root / changed).write_text("changed")
    assert image.built() != before
