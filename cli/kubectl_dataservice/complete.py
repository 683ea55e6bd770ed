"""`kubectl_complete-dataservice`: what kubectl asks when somebody presses Tab behind `kubectl dataservice`.

It hands over the words so far, of which the last is begun, and reads candidates a line each, then `:4`, which says that
names of files are none (https://github.com/spf13/cobra/blob/main/site/content/completions/_index.md).
"""

import os
import shlex
import sys
from typing import Final

from kubectl_dataservice.app import run
from kubectl_dataservice.commands.completion import COMPLETE, PROGRAM

_NO_FILES: Final = ":4"


def main() -> None:
    words = [PROGRAM, *(sys.argv[1:] or [""])]
    # As the completion function of bash asks; the answer is one candidate a line, as kubectl wants it.
    os.environ |= {
        COMPLETE: "complete_bash",
        "COMP_WORDS": shlex.join(words),
        "COMP_CWORD": str(len(words) - 1),
    }
    try:
        run([])
    except SystemExit:
        pass
    finally:
        print(_NO_FILES)  # noqa: T201 - the protocol
