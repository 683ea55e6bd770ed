"""Whether the pods take an API key: each is asked with it, by a forwarded port."""

from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final

from dataservice_operator.render.names import API_PORT
from kubectl_dataservice.cluster.client import Cluster
from kubectl_dataservice.cluster.forward import ADDRESS, Access, Forward
from kubectl_dataservice.cluster.pods import ready_pods
from kubectl_dataservice.waiting import Look, wait

_PATH: Final = "/schema"
"""Answers every key that is known: with 403 where it is one to write only."""


def wait_until_taken(cluster: Cluster, access: Access, name: str, key: str, seconds: float) -> None:
    """Return when there is a ready pod, and each one takes the key.

    Raises:
        Problem: not so in time.
    """
    taken: set[str] = set()

    def look() -> Look:
        ready = ready_pods(cluster, name)
        for pod in ready:
            if pod not in taken and not _takes(access, pod, key):
                return Look(done=False, hopeless=False, told=f"pod {pod} does not take the new key yet")
            taken.add(pod)
        return Look(done=bool(ready), hopeless=False, told="no pod is ready")

    wait(look, seconds)


def _takes(access: Access, pod: str, key: str) -> bool:
    with Forward(access, pod, API_PORT) as forward:
        connection = HTTPConnection(ADDRESS, forward.port, timeout=5)
        try:
            connection.request("GET", _PATH, headers={"Authorization": f"Bearer {key}"})
            return connection.getresponse().status in (HTTPStatus.OK, HTTPStatus.FORBIDDEN)
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()
