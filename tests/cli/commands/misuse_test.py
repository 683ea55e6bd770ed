"""What the command line of keys, logs and report gets wrong is told before a cluster is looked for."""

import pytest

from kubectl_dataservice import app
from kubectl_dataservice.errors import Exit


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("keys create orders --scopes admin", "write read, write or read,write"),
        ("keys create orders --name .till", "cannot name a key"),
        ("keys create orders --timeout soon", "'soon' is not a time"),
        ("keys revoke orders", "Missing option '--name'"),
        ("keys revoke orders --name till --old --id 12345678", "write one of them"),
        ("keys rotat orders", "No such command 'rotat'"),
        ("logs orders --since 3x", "'3x' is not a time"),
        ("logs orders --follow --previous", "leave out --follow"),
        ("report orders --tail -1", "'--tail'"),
        ("open orders --port 70000", "'--port'"),
    ],
)
def test_misuse_is_one_line(words: str, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert app.run(words.split()) == Exit.USAGE
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("error: ")
    assert told in captured.err
    assert captured.err.count("\n") == 1
