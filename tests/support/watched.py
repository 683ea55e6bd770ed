"""Every version of some objects that the API server tells while one looks: what polling would miss."""

import json
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from tests.support.kubectl import Kubectl

CHUNK = 65_536


@contextmanager
def watched(kubectl: Kubectl, namespace: str, *what: str) -> Iterator[list[dict[str, Any]]]:
    """The versions so far, first to last; the list grows while inside. What is there already comes first."""
    command = [f"--namespace={namespace}", "get", *what, "--watch", "--output=json"]
    seen: list[dict[str, Any]] = []
    with subprocess.Popen(
        [kubectl.binary, f"--kubeconfig={kubectl.kubeconfig}", *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None, "asked for above"
        reader = threading.Thread(target=_collect, args=(process.stdout, seen))
        reader.start()
        try:
            yield seen
        finally:
            process.terminate()
            reader.join()


def _collect(stream: IO[str], seen: list[dict[str, Any]]) -> None:
    """One by one: kubectl writes one JSON text after another."""
    decoder, text = json.JSONDecoder(), ""
    for line in stream:
        text += line
        if line == "}\n":
            found, _ = decoder.raw_decode(text)
            seen.extend(found["items"] if found["kind"] == "List" else (found,))
            text = ""
