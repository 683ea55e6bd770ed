"""`make test-faults`: every campaign, or one of them by its name."""

import typer

from tests.faults.operator import campaign as operator
from tests.faults.specs import campaign as specs

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False)
app.command("operator")(operator.main)
app.command("specs")(specs.main)


@app.callback()
def about() -> None:
    """Break things on purpose, within bounds, and look what comes of it."""


if __name__ == "__main__":
    app()
