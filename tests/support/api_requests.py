"""What an API server was asked, by its own count."""

import re
from collections import Counter
from typing import Final

READS: Final = ("GET", "LIST")
WATCH: Final = "WATCH"

Requests = Counter[tuple[str, str]]
"""How many by verb and resource."""

_COUNTED: Final = re.compile(
    r'^apiserver_request_total\{.*?resource="([^"]+)".*?subresource="([^"]*)".*?verb="([^"]*)".*\} (\S+)$',
    re.MULTILINE,
)
_SPENT: Final = re.compile(
    r'^apiserver_request_duration_seconds_sum\{.*?subresource="".*?verb="PATCH".*?\} (\S+)$', re.MULTILINE
)
_ITS_OWN: Final = ("leases", "endpoints", "endpointslices", "ipaddresses")
_REPAIR: Final = ("LIST", "services")
"""Each three minutes the server looks through all Services for ports that nobody has any more
(https://github.com/kubernetes/kubernetes/blob/master/pkg/registry/core/service/portallocator/controller/repair.go)."""


def counted(metrics: str) -> Requests:
    """From `/metrics`, but for what the server asks itself and for leader election."""
    counts: Requests = Counter()
    for resource, subresource, verb, value in _COUNTED.findall(metrics):
        if resource not in _ITS_OWN and (verb, resource) != _REPAIR:
            counts[verb, f"{resource}/{subresource}" if subresource else resource] += int(float(value))
    return counts


def spent(metrics: str) -> float:
    """Seconds that the server says to have spent on patches so far, but for those of a status."""
    return sum(map(float, _SPENT.findall(metrics)))
