"""API keys, and a folder of them that changes as the kubelet changes a mounted Secret."""

import hashlib
import secrets
from itertools import count
from pathlib import Path


def new_key() -> str:
    """As the README advises to make one."""
    return secrets.token_urlsafe(32)


def line(key: str, scopes: str = "") -> str:
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()} {scopes}".strip()


class MountedSecret:
    """The layout of https://github.com/kubernetes/kubernetes/blob/master/pkg/volume/util/atomic_writer.go:
    files are links through `..data`, a link that is swapped.
    """

    def __init__(self, folder: Path, **clients: str) -> None:
        self.folder = folder
        self._versions = count(1)
        folder.mkdir()
        self.swap(**clients)

    def swap(self, **clients: str) -> None:
        version = self.folder / f"..version_{next(self._versions)}"
        version.mkdir()
        for client, text in clients.items():
            (version / client).write_text(text)
        data, new = self.folder / "..data", self.folder / "..data_tmp"
        old = data.resolve() if data.is_symlink() else None
        new.symlink_to(version.name)
        new.rename(data)
        for client in clients:
            if not (self.folder / client).is_symlink():
                (self.folder / client).symlink_to(f"..data/{client}")
        for link in self.folder.iterdir():
            if not link.name.startswith("..") and link.name not in clients:
                link.unlink()
        for file in old.iterdir() if old else ():
            file.unlink()
        if old:
            old.rmdir()
