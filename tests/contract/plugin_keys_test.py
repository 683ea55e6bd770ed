"""What the plugin writes into the Secret of API keys is what the service lets in.

The two share no code: here the plugin's entries become the files of a mounted Secret, and the service's own loader
reads them.
"""

from pathlib import Path

import pytest

from dataservice.errors import InvalidCredentials
from dataservice.services.api_keys import ApiKeys
from kubectl_dataservice import keys
from tests.support.api_keys import MountedSecret


@pytest.mark.parametrize("scopes", [("read",), ("write",), ("read", "write")])
async def test_a_key_of_the_plugin_is_its_client_with_its_scopes(
    tmp_path: Path, scopes: tuple[str, ...]
) -> None:
    key = keys.new_key()
    service = loaded(tmp_path, till=keys.with_key(b"", keys.known(key, scopes)))
    principal = await service.authenticate(key)
    assert (principal.name, principal.scopes) == ("till", frozenset(scopes))


async def test_after_a_rotation_both_keys_are_the_same_client_until_the_old_one_is_revoked(
    tmp_path: Path,
) -> None:
    old, new = keys.new_key(), keys.new_key()
    both = keys.with_key(keys.with_key(b"", keys.known(old, ("read",))), keys.known(new, ("read",)))
    service = loaded(tmp_path / "both", till=both)
    assert await service.authenticate(old) == await service.authenticate(new)

    service = loaded(tmp_path / "new", till=keys.with_keys(keys.keys_of(both)[-1:]))
    assert (await service.authenticate(new)).name == "till"
    with pytest.raises(InvalidCredentials):
        await service.authenticate(old)


async def test_plugin_and_service_read_the_same_keys_in_an_entry_of_any_hand(tmp_path: Path) -> None:
    own, other = keys.known("mine", ("write",)), keys.known("another", ("read", "write"))
    entry = f"\n {own.line}\t\r\nsha256:short\n{other.line.upper().replace('SHA', 'sha')} write,read".encode()
    service = loaded(tmp_path, till=entry)
    assert keys.keys_of(entry) == [own, other]
    assert (await service.authenticate("mine")).scopes == {"write"}
    assert (await service.authenticate("another")).scopes == {"read", "write"}


def loaded(folder: Path, **entries: bytes) -> ApiKeys:
    folder.mkdir(exist_ok=True)
    texts = {name: entry.decode() for name, entry in entries.items()}
    return ApiKeys(MountedSecret(folder / "keys", **texts).folder)
