"""`completion`: what a shell needs to complete the words of `kubectl-dataservice` itself."""

from enum import StrEnum
from typing import Annotated, Final

import typer
from typer.completion import get_completion_script  # type: ignore[attr-defined]

from kubectl_dataservice.output import say

PROGRAM: Final = "kubectl-dataservice"
COMPLETE: Final = "_KUBECTL_DATASERVICE_COMPLETE"
"""Variable by which a shell asks for completions."""


class Shell(StrEnum):
    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print the completion script of a shell.

    For kubectl dataservice itself nothing is to be done where kubectl's own completion is set up: it asks
    kubectl_complete-dataservice, which is installed beside this program.

    \b
    Example:
      source <(kubectl dataservice completion bash)
    """
    say(get_completion_script(prog_name=PROGRAM, complete_var=COMPLETE, shell=shell))
