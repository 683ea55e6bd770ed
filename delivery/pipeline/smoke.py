"""The product, used once as its users would: a DataService, from nothing to a document stored and read back."""

import contextlib
import http.client
import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from delivery.pipeline.errors import PipelineError
from delivery.pipeline.programs import finished, run, say
from delivery.pipeline.release import show_operator

NAMESPACE: Final = "dataservice-smoke"
"""Made for the test, and removed with all that is in it."""

DOCUMENT: Final = {"sku": "smoke", "quantity": 1}
ANSWER_SECONDS: Final = 10


def smoke(samples: Path, service_image: str, seconds: int) -> None:
    """Apply the samples, wait for Ready, then POST and GET.

    Raises:
        PipelineError: one of it went otherwise than it should; the state was shown.
    """
    _remove()
    try:
        run("kubectl", "apply", f"--kustomize={samples}")
        run("kubectl", "wait", "--for=condition=Ready", *_orders(), f"--timeout={seconds}s")
        _check_image(service_image)
        with _forwarded() as port:
            _store_and_read(port)
    except PipelineError:
        _show()
        raise
    finally:
        _remove()
    say("smoke test passed")


def _orders() -> tuple[str, str]:
    return f"--namespace={NAMESPACE}", "dataservice/orders"


def _check_image(expected: str) -> None:
    running = run("kubectl", "get", *_orders(), "--output=jsonpath={.status.image}", quiet=True)
    if running != expected:
        raise PipelineError(f"the pods run {running}, not {expected}: the operator is not of this release")


@contextlib.contextmanager
def _forwarded() -> Iterator[int]:
    """A free port of this machine that leads to the Service."""
    words = ("kubectl", "port-forward", f"--namespace={NAMESPACE}", "service/orders", ":80")
    with subprocess.Popen(words, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as forward:  # noqa: S603
        try:
            line = forward.stdout.readline() if forward.stdout else ""
            if not line.startswith("Forwarding from 127.0.0.1:"):
                raise PipelineError(f"kubectl cannot forward a port to the Service: {line.strip()}")
            yield int(line.split(":")[1].split()[0])
        finally:
            forward.terminate()


def _store_and_read(port: int) -> None:
    stored = _asked(port, "POST", "/data", 201, DOCUMENT)
    if _asked(port, "GET", f"/data/{stored['_id']}", 200) != stored:
        raise PipelineError("GET /data/{id} does not return what POST /data has stored")
    if _asked(port, "GET", "/data", 200)["items"] != [stored]:
        raise PipelineError("GET /data does not list what POST /data has stored")
    _asked(port, "POST", "/data", 422, {"sku": "smoke", "quantity": 0})


def _asked(port: int, method: str, path: str, expected: int, body: Any = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
    except OSError as error:
        raise PipelineError(f"{method} {path} was not answered: {error}") from error
    finally:
        connection.close()
    say(f"{method} {path}: {answer.status}")
    if answer.status != expected:
        raise PipelineError(f"{method} {path} answered {answer.status}, not {expected}: {content[:500]!r}")
    return json.loads(content)


def _remove() -> None:
    run("kubectl", "delete", "namespace", NAMESPACE, "--ignore-not-found", "--timeout=120s", quiet=True)


def _show() -> None:
    for words in (
        ("kubectl", "describe", *_orders()),
        ("kubectl", "get", "pods,events", f"--namespace={NAMESPACE}"),
    ):
        say(f"$ {' '.join(words)}")
        done = finished(words)
        say((done.stdout or done.stderr).rstrip())
    show_operator()
