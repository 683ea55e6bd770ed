"""The process that is measured."""

import sys
from pathlib import Path

import pytest

from benchmarks.operator.subject import program


async def test_one_that_ends_early_fails_the_run_with_its_last_words(tmp_path: Path) -> None:
    words = (
        sys.executable,
        "-c",
        "import sys; sys.stderr.write('A' * 5000); sys.exit('no cluster to talk to')",
    )
    async with program(words, tmp_path / "kubeconfig", tmp_path / "log") as started:
        started.check()
        await started.process.wait()
        with pytest.raises(RuntimeError, match=r"exit code 1:(.|\n)*no cluster to talk to\n$") as told:
            started.check()
    assert len(str(told.value)) < 2100
