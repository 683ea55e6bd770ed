"""`make test-faults`: every campaign, or one of them by its name."""

import subprocess
import sys

import typer
from rich.console import Console

from tests.faults.operator import campaign as operator
from tests.faults.service import campaign as service
from tests.faults.soak import campaign as soak
from tests.faults.specs import campaign as specs
from tests.support.endings import end_on_signals

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command("operator")(operator.main)
app.command("specs")(specs.main)
app.command("service")(service.main)
app.command("soak")(soak.main)

BOUNDED = (("operator", "--most", "120"), ("specs",), ("service", "--rounds", "3"))
"""What `all` runs, in this order."""

console = Console(soft_wrap=True, highlight=False)


@app.callback()
def about() -> None:
    """Break things on purpose, within bounds, and look what comes of it."""
    end_on_signals()


@app.command("all")
def each() -> None:
    """The bounded campaigns one after another; exit 1 if one has failed."""
    failed = []
    for name, *options in BOUNDED:
        console.rule(name)
        if subprocess.run([sys.executable, "-m", "tests.faults", name, *options], check=False).returncode:
            failed.append(name)
    console.print(f"failed: {', '.join(failed)}" if failed else "all held")
    raise typer.Exit(1 if failed else 0)


if __name__ == "__main__":
    app()
