"""What Flux makes of objects: kstatus itself, the library by which it judges what it applies."""

import json
from collections.abc import Sequence
from typing import Any

from tests.support.tools import output, tool


def judged(live: Sequence[dict[str, Any]]) -> list[str]:
    """Current, InProgress, Failed or Terminating for each."""
    objects = {"apiVersion": "v1", "kind": "List", "items": list(live)}
    lines = output(tool("kstatus"), stdin=json.dumps(objects)).splitlines()
    return [json.loads(line)["status"] for line in lines]
