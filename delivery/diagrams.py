"""Pictures drawn from their text sources: docs/**/NAME.dot becomes NAME.png beside it.

Each picture carries the hash of the source it was drawn from, so that one out of step is found without drawing it:
another version of Graphviz or of a font gives other pixels.
"""

import argparse
import hashlib
import shutil
import struct
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[1]
KEYWORD: Final = b"Source-SHA256"
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
DOTS_PER_INCH: Final = 144
HINT: Final = "Graphviz is not installed: apt-get install graphviz fonts-dejavu-core"


def sources(root: Path) -> list[Path]:
    return sorted((root / "docs").rglob("*.dot"))


def stale(root: Path) -> list[Path]:
    """The sources whose picture is missing or was drawn from another text."""
    return [source for source in sources(root) if drawn_from(_picture(source)) != _hash(source)]


def draw(source: Path) -> None:
    """Draw the picture of one source.

    Raises:
        FileNotFoundError: Graphviz is not installed.
        subprocess.CalledProcessError: it refuses the source.
    """
    words = ["dot", "-Tpng", f"-Gdpi={DOTS_PER_INCH}", str(source)]
    png = subprocess.run(words, check=True, capture_output=True).stdout  # noqa: S603
    _picture(source).write_bytes(marked(png, _hash(source)))


def marked(png: bytes, text: bytes) -> bytes:
    """A PNG with one more text chunk (PNG, third edition, section 11.3.3), before the last chunk."""
    chunks = [(kind, data) for kind, data in _chunks(png) if kind != b"IEND"]
    return SIGNATURE + b"".join(
        _chunk(kind, data) for kind, data in [*chunks, (b"tEXt", KEYWORD + b"\0" + text), (b"IEND", b"")]
    )


def drawn_from(picture: Path) -> bytes | None:
    if not picture.exists():
        return None
    texts = (data.split(b"\0", 1) for kind, data in _chunks(picture.read_bytes()) if kind == b"tEXt")
    return next((text for keyword, text in texts if keyword == KEYWORD), None)


def _chunks(png: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(SIGNATURE)
    while at < len(png):
        length, kind = struct.unpack(">I4s", png[at : at + 8])
        yield kind, png[at + 8 : at + 8 + length]
        at += length + 12


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def _picture(source: Path) -> Path:
    return source.with_suffix(".png")


def _hash(source: Path) -> bytes:
    return hashlib.sha256(source.read_bytes()).hexdigest().encode()


def main(root: Path = ROOT) -> None:
    parser = argparse.ArgumentParser(prog="python -m delivery.diagrams", description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="draw nothing; exit 1 if a picture is out of step"
    )
    only_check = parser.parse_args().check
    found = stale(root)
    if only_check and found:
        sys.exit(
            "\n".join(f"{_picture(s).relative_to(root)} is out of step: run `make diagrams`" for s in found)
        )
    if found and shutil.which("dot") is None:
        sys.exit(HINT)
    for source in found:
        try:
            draw(source)
        except subprocess.CalledProcessError as error:
            sys.exit(f"{source.relative_to(root)}: {error.stderr.decode().strip()}")
        print(f"drawn: {_picture(source).relative_to(root)}")  # noqa: T201 - says what it did


if __name__ == "__main__":
    main()
