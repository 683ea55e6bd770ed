"""One who follows a guide, from top to bottom, in a shell."""

import os
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.cluster.ports import free_port
from tests.support.documents_shown import ROOT
from tests.support.eventually import eventually
from tests.support.guide import Command, File, InMongosh, steps, untold

PORT: Final = "8080"
"""The port that the guides forward to the API."""

MOST_SECONDS: Final = 180.0
"""After so long a command that does not end is ended, with all that the reader has begun."""

_END: Final = "the-end-of-a-command"


class Reader:
    """A shell in a folder with the checkout's files, and a kubeconfig that is the reader's."""

    def __init__(self, folder: Path, environ: Mapping[str, str]) -> None:
        self.folder = folder
        for entry in ROOT.iterdir():
            (folder / entry.name).symlink_to(entry)
        self._shell = subprocess.Popen(
            ["bash"],
            cwd=folder,
            env=environ,
            text=True,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(self, command: str) -> str:
        """What it prints. Raises AssertionError if it fails, or does not end."""
        assert self._shell.stdin is not None
        self._shell.stdin.write(f"{{ {command}\n}} < /dev/null\nprintf '\\n%s %s\\n' {_END} $?\n")
        self._shell.stdin.flush()
        watchdog = threading.Timer(MOST_SECONDS, self._kill)
        watchdog.start()
        try:
            status, output = self._answer()
        finally:
            watchdog.cancel()
        assert status == "0", f"$ {command}\n{output}(exit {status})"
        return output

    def _answer(self) -> tuple[str, str]:
        """Exit status and output of the last command."""
        assert self._shell.stdout is not None
        output = ""
        for line in self._shell.stdout:
            if line.startswith(_END):
                return line.split()[1], output
            output += line
        return "none: it did not end", output

    def close(self) -> None:
        self._kill()
        self._shell.communicate()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._shell.pid, signal.SIGKILL)


@contextmanager
def reader(folder: Path, environ: Mapping[str, str]) -> Iterator[Reader]:
    reading = Reader(folder, environ)
    try:
        yield reading
    finally:
        reading.close()


@dataclass(frozen=True)
class Scene:
    """What stands around a reader."""

    instead: Mapping[str, str]
    """What a reader would put in the place of what the page says."""

    mongosh: Callable[[str], None]

    settled: Callable[[], bool]
    """Whether what the last command began is over: a reader is slower than a test."""


def follow(page: Path, reading: Reader, scene: Scene) -> None:
    """Do what the page says, from top to bottom, and see that it prints what the page shows."""
    text = page.read_text(encoding="utf-8")
    port = str(free_port())
    for said, meant in {**scene.instead, **({PORT: port} if PORT in text else {})}.items():
        assert said in text, f"{page.name} does not say {said!r} any more"
        text = text.replace(said, meant)
    for step in steps(text):
        match step:
            case File():
                (reading.folder / step.name).write_text(step.text, encoding="utf-8")
            case InMongosh():
                scene.mongosh(step.text)
            case Command():
                _play(step, reading, scene, int(port))


def _play(step: Command, reading: Reader, scene: Scene, port: int) -> None:
    forwards = "port-forward" in step.text
    if forwards:
        eventually(scene.settled, seconds=60)
    output = reading.run(step.text)
    missing = untold(() if forwards else step.shown, output)
    assert missing is None, f"$ {step.text}\n{output}\nthe page shows: {missing}"
    if forwards:
        eventually(lambda: _listens(port), seconds=30)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
