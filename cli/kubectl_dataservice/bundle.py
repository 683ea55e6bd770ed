"""The files of a report, in one archive."""

import gzip
import io
import tarfile
from collections.abc import Mapping
from datetime import datetime


def archive(folder: str, files: Mapping[str, str], made: datetime) -> bytes:
    """A .tar.gz with each text below `folder`."""
    packed = io.BytesIO()
    # Without a name of its own and with the time of all: the same report is the same bytes.
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=made.timestamp()) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for name, text in files.items():
            content = text.encode(errors="replace")
            entry = tarfile.TarInfo(f"{folder}/{name}")
            entry.size, entry.mtime, entry.mode = len(content), int(made.timestamp()), 0o600
            tar.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
