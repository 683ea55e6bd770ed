"""`kubectl dataservice` in the test's own process, against a test's cluster."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from kubectl_dataservice import app


@dataclass(frozen=True)
class Ended:
    code: int
    out: str
    err: str

    def refused(self, code: int, *told: str) -> None:
        """It ended with this exit code and one line, which tells so."""
        assert (self.code, self.out) == (code, ""), self
        assert self.err.startswith("error: "), self.err
        assert self.err.count("\n") == 1, self.err
        assert all(each in self.err for each in told), self.err


class Plugin:
    def __init__(self, kubeconfig: Path, namespace: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.kubeconfig = kubeconfig
        self._namespace = namespace
        self._capsys = capsys

    def __call__(self, *words: str, kubeconfig: Path | None = None) -> Ended:
        self._capsys.readouterr()
        place = ("-n", self._namespace, "--kubeconfig", str(kubeconfig or self.kubeconfig))
        code = app.run([*words, *place])
        captured = self._capsys.readouterr()
        return Ended(code, captured.out, captured.err)

    def with_config(self, file: Path, *, user: dict[str, Any] | None = None, **cluster: Any) -> Path:
        """The kubeconfig with another user, or with other facts of the cluster; None removes one."""
        config = yaml.safe_load(self.kubeconfig.read_text())
        config["users"][0]["user"] = user or config["users"][0]["user"]
        known = {**config["clusters"][0]["cluster"], **cluster}
        config["clusters"][0]["cluster"] = {name: value for name, value in known.items() if value is not None}
        file.write_text(yaml.safe_dump(config))
        return file
