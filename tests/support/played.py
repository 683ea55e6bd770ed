"""Commands of documents, run as a reader would."""

import subprocess

from tests.support.documents_shown import ROOT


def play(command: str, environ: dict[str, str], *, instead: str | None = None) -> str:
    """Run a command as it is shown, or what a reader makes of it; what it printed."""
    done = subprocess.run(
        ["bash", "-c", instead or command],
        cwd=ROOT,
        env=environ,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=False,
    )
    assert done.returncode == 0, f"$ {instead or command}\n{done.stdout}"
    return done.stdout
