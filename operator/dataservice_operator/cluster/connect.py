"""Where the API server is and who we are: KUBECONFIG where it is set, else the pod's service account."""

import os
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kubernetes.aio.client import ApiClient, Configuration
from kubernetes.aio.config import ConfigException, load_incluster_config, load_kube_config

from dataservice_operator.cluster.client import GuardedRequest
from dataservice_operator.errors import OperatorError


async def connect() -> ApiClient:
    """A client for the cluster at hand.

    Raises:
        OperatorError: neither a kubeconfig nor a service account is there.
    """
    configuration = Configuration()
    configuration.connection_pool_maxsize = 128
    # As client-go: many clusters' CAs lack extensions that Python asks for since 3.13 (see handlers/login.py).
    configuration.disable_strict_ssl_verification = True
    try:
        if "KUBERNETES_SERVICE_HOST" in os.environ and "KUBECONFIG" not in os.environ:
            load_incluster_config(configuration)
        else:
            await load_kube_config(client_configuration=configuration)
    except ConfigException as error:
        message = f"no cluster to talk to ({error}): set KUBECONFIG, or run in a pod with a service account"
        raise OperatorError(message) from error
    configuration.proxy = configuration.proxy or _proxy(configuration.host)
    # Else aiohttp asks the environment and reads ~/.netrc, in a thread, for each single request.
    configuration.client_session_kwargs = {"trust_env": False, "request_class": GuardedRequest}
    return ApiClient(configuration)


def _proxy(url: str) -> str | None:
    """The proxy that the environment names for this server (HTTPS_PROXY, NO_PROXY), as kubectl takes it."""
    parts = urlsplit(url)
    return None if proxy_bypass(parts.hostname or "") else getproxies().get(parts.scheme)
