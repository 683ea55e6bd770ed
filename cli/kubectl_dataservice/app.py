"""The command line as a whole: its verbs, and the one place where what goes wrong becomes a line and an exit code."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated, Final

import typer
from typer.completion import completion_init  # type: ignore[attr-defined] # where no --install-completion is

from dataservice_operator import __version__
from kubectl_dataservice import output
from kubectl_dataservice.commands import (
    completion,
    cost,
    diff,
    keys,
    logs,
    render,
    report,
    restart,
    status,
    suspend,
)
from kubectl_dataservice.commands import open as open_page
from kubectl_dataservice.commands.completion import COMPLETE
from kubectl_dataservice.errors import Exit, Problem

SPOKEN: Final = "kubectl dataservice"

app = typer.Typer(
    help="See, steer and understand DataServices.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # help as plain text, as kubectl's own: also in a pipe
    context_settings={"help_option_names": ["--help", "-h"]},
)
for verb in (
    status.status,
    diff.diff,
    render.render,
    suspend.suspend,
    suspend.resume,
    restart.restart,
    logs.logs,
    report.report,
    cost.cost,
    completion.completion,
):
    app.command()(verb)
app.command("open")(open_page.open_)
app.add_typer(keys.keys, name="keys")


def _version(*, wanted: bool) -> None:
    if wanted:
        output.say(__version__)
        raise typer.Exit


@app.callback()
def _root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """See, steer and understand DataServices."""


def main() -> None:
    sys.exit(run(sys.argv[1:]))


def run(arguments: Sequence[str]) -> int:
    """One command; its exit code. Nothing but a bug ends in a traceback."""
    try:
        if COMPLETE in os.environ:
            completion_init()
        code = app(args=arguments, prog_name=SPOKEN, complete_var=COMPLETE, standalone_mode=False)
        sys.stdout.flush()
    except Problem as problem:
        output.note(f"error: {_one_line(str(problem))}")
        return problem.exit_code
    except typer.TyperException as error:
        output.note(_usage(error))
        return Exit.USAGE
    except (KeyboardInterrupt, typer.Abort):
        return Exit.INTERRUPTED
    except BrokenPipeError:
        return _closed_pipe()
    except SystemExit as end:  # so Typer and Rich end when the reader of a pipe has gone
        if not isinstance(end.__context__, BrokenPipeError):
            raise
        return _closed_pipe()
    return int(code or Exit.OK)


def _usage(error: typer.TyperException) -> str:
    text = error.format_message()
    if text.startswith("Usage:"):  # a command that has commands, without one of them: the text is its help
        return text
    context: typer.Context | None = getattr(error, "ctx", None)
    command = context.command_path if context else SPOKEN
    return f"error: {_one_line(text).rstrip('.')}: see {command} --help"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _closed_pipe() -> int:
    """What is still to be flushed goes nowhere, or Python would complain at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return Exit.PIPE_CLOSED
