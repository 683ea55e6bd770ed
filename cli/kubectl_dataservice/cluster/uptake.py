"""Whether the pods take an API key: each is asked with it, by a forwarded port."""

import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final

from kubectl_dataservice.cluster.client import Cluster
from kubectl_dataservice.cluster.forward import ADDRESS, Access, Forward
from kubectl_dataservice.cluster.pods import ready_pods
from kubectl_dataservice.errors import Exit, Problem

_PATH: Final = "/schema"
"""Answers every key that is known: with 403 where it is one to write only."""

_EVERY: Final = 1.0


def wait_until_taken(cluster: Cluster, access: Access, name: str, key: str, seconds: float) -> None:
    """Return when each ready pod takes the key, and there is one.

    Raises:
        Problem: not so in time.
    """
    deadline = time.monotonic() + seconds
    taken: set[str] = set()
    while True:
        ready = ready_pods(cluster, name)
        if ready and taken.issuperset(ready):
            return
        if time.monotonic() > deadline:
            waiting = [pod for pod in ready if pod not in taken]
            seen = f"{', '.join(waiting)} does not take it yet" if ready else "no pod is ready"
            raise Problem(f"the key is made, and after {seconds:g} s {seen}", Exit.TIMED_OUT)
        for pod in ready:
            if pod not in taken and _taken(access, pod, key, deadline):
                taken.add(pod)
        time.sleep(_EVERY)


def _taken(access: Access, pod: str, key: str, deadline: float) -> bool:
    from dataservice_operator.render import names  # noqa: PLC0415 - it brings the models of the CRD

    with Forward(access, pod, names.API_PORT) as forward:
        while time.monotonic() < deadline:
            if _status(forward.port, key) not in (None, HTTPStatus.UNAUTHORIZED):
                return True
            if forward.ended(_EVERY):
                return False
    return False


def _status(port: int, key: str) -> int | None:
    connection = HTTPConnection(ADDRESS, port, timeout=5)
    try:
        connection.request("GET", _PATH, headers={"Authorization": f"Bearer {key}"})
        return connection.getresponse().status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()
