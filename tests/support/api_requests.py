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
_ITS_OWN: Final = ("leases", "endpoints", "endpointslices", "ipaddresses")


def counted(metrics: str) -> Requests:
    """From `/metrics`, but for what the server asks itself and for leader election."""
    counts: Requests = Counter()
    for resource, subresource, verb, value in _COUNTED.findall(metrics):
        if resource not in _ITS_OWN:
            counts[verb, f"{resource}/{subresource}" if subresource else resource] += int(float(value))
    return counts
