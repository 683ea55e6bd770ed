"""docs/troubleshooting.md: what each reason of a status, and each code of an answer, asks one to do."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import yaml

from dataservice.api import problem_kinds
from dataservice_operator.crd.reasons import REASONS, Reason

SOURCES: Final = "operator/dataservice_operator/crd/reasons.py and delivery/advice.yaml"

_INTRODUCTION: Final = """\
# Troubleshooting

Begin with the DataService: the column REASON sums up, `kubectl describe` has the sentence with names and what to do,
and the Events say since when. With a reason, go to [its place below](#reasons). A client has the `code` of its answer:
go to [codes](#codes). The commands are for the DataService `orders` in the namespace `shop`.

| condition | says | look at it when |
|---|---|---|
| `Ready` | the sum: the pods that are asked for are there and answer | always first |
| `Reconciling` | not ready, and waiting may help | it stays for minutes |
| `Stalled` | not ready, and only an edit helps, or what may heal has not for ten minutes | a pipeline has given up |
| `Available` | at least one pod answers | `Ready` is false: do clients notice? |
| `Progressing` | pods are being replaced | an edit seems to do nothing |
| `DatabaseReachable` | the pods reach the database; `Unknown` where none runs that could tell | answers are 503 |
| `Suspended` | the operator leaves the children alone | nothing is repaired |

## Reasons"""

_CODES: Final = """\
## Codes

An answer that is no success is `application/problem+json`; `detail` has the case at hand, and the service's log has the
same `request_id`. Which answer comes when, in full: [refusals and limits](design/api.md#refusals-and-limits)."""

ADVICE: Final[Mapping[str, str]] = yaml.safe_load(
    (Path(__file__).parent / "advice.yaml").read_text(encoding="utf-8")
)
"""What a client does about each code."""


def page() -> str:
    """The whole page, ending with a line break."""
    titles = {kind.code: f"{kind.status.value}. {kind.title}." for kind in problem_kinds.KINDS}
    parts = [_INTRODUCTION]
    for name, reason in REASONS.items():
        parts += [f"### {name}", _told(reason)]
    parts.append(_CODES)
    for code in sorted(titles):
        parts += [f"### {code}", f"{titles[code]} {ADVICE[code]}"]
    return "\n\n".join(parts) + "\n"


def _told(reason: Reason) -> str:
    text = f"{reason.meaning} {reason.remedy}".strip().format(name="orders", namespace="shop")
    return re.sub(r"kubectl (?!dataservice).+$", r"`\g<0>`", text)
