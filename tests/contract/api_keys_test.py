"""API keys in real files, in this process: what is read of them, and when."""

import logging
import os
from pathlib import Path

import pytest

from dataservice.errors import InvalidCredentials
from dataservice.services.api_keys import ApiKeys
from tests.support.api_keys import MountedSecret, line, new_key

OLD, NEW = new_key(), new_key()


async def client_of(keys: ApiKeys, key: str) -> str | None:
    try:
        return (await keys.authenticate(key)).name
    except InvalidCredentials:
        return None


async def test_a_swap_of_the_secret_is_taken_up_and_one_by_one_keys_come_and_go(tmp_path: Path) -> None:
    secret = MountedSecret(tmp_path / "keys", till=line(OLD))
    keys = ApiKeys(secret.folder)
    assert [await client_of(keys, key) for key in (OLD, NEW)] == ["till", None]
    secret.swap(till=f"{line(OLD)}\n{line(NEW)}\n")
    keys.refresh()
    assert [await client_of(keys, key) for key in (OLD, NEW)] == ["till", "till"]
    secret.swap(web=line(NEW))
    keys.refresh()
    assert [await client_of(keys, key) for key in (OLD, NEW)] == [None, "web"]


async def test_a_change_of_the_same_length_in_the_same_moment_is_seen(tmp_path: Path) -> None:
    secret = MountedSecret(tmp_path / "keys", till=line(OLD))
    keys = ApiKeys(secret.folder)
    before = (secret.folder / "till").stat()
    secret.swap(till=line(NEW))
    os.utime(secret.folder / "till", ns=(before.st_atime_ns, before.st_mtime_ns))
    keys.refresh()
    assert [await client_of(keys, key) for key in (OLD, NEW)] == [None, "till"]


@pytest.mark.parametrize(
    "bad",
    [
        "hunter2",
        line(NEW)[:-1],
        line(NEW).removeprefix("sha256:"),
        line(NEW, "admin"),
        line(NEW, "read write"),
        line(NEW, "read,"),
        line(NEW).replace("sha256", "sha1"),
        "\xff\x00",
    ],
    ids=range(8),
)
async def test_a_malformed_line_is_named_without_its_content_and_the_others_hold(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, bad: str
) -> None:
    MountedSecret(tmp_path / "keys", till=f"{line(OLD)}\n{bad}\n", web="")
    keys = ApiKeys(tmp_path / "keys")
    assert [await client_of(keys, key) for key in (OLD, NEW)] == ["till", None]
    assert "line 2 of the API keys of 'till'" in caplog.text
    assert bad not in caplog.text
    assert keys.ailment() is None


async def test_lines_may_have_blanks_around_and_digests_capitals(tmp_path: Path) -> None:
    text = f"\n  {line(OLD).upper().replace('SHA256', 'sha256')} \t read,write  \r\n\n"
    MountedSecret(tmp_path / "keys", till=text)
    principal = await ApiKeys(tmp_path / "keys").authenticate(OLD)
    assert principal.scopes == {"read", "write"}


async def test_without_a_usable_key_nobody_is_let_in_and_the_reason_is_told(tmp_path: Path) -> None:
    secret = MountedSecret(tmp_path / "keys", till="hunter2")
    keys = ApiKeys(secret.folder)
    assert await client_of(keys, "hunter2") is None
    status = keys.ailment()
    assert status is not None
    assert (status.ready, status.reason) == (False, "NoApiKeys")
    assert "hunter2" not in str(status.message)
    secret.swap(till=line(OLD))
    keys.refresh()
    assert keys.ailment() is None


async def test_a_folder_that_is_not_there_is_told_and_one_that_vanishes_leaves_the_keys(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    keys = ApiKeys(tmp_path / "keys")
    status = keys.ailment()
    assert status is not None
    assert "cannot be read: No such file or directory" in str(status.message)
    MountedSecret(tmp_path / "keys", till=line(OLD))
    keys.refresh()
    (tmp_path / "keys").rename(tmp_path / "gone")
    for _ in range(3):
        keys.refresh()
    assert await client_of(keys, OLD) == "till"
    assert caplog.text.count("cannot be read") == 2, "once for each time that it begins"


async def test_nothing_is_read_while_nothing_changes(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    keys = ApiKeys(MountedSecret(tmp_path / "keys", till=line(OLD)).folder)
    for _ in range(3):
        keys.refresh()
    assert caplog.text.count("API keys are known") == 1
