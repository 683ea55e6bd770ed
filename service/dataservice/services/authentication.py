"""From the credential of a request to who sent it."""

from typing import Protocol

from dataservice.domain.principal import Principal
from dataservice.services.api_keys import ApiKeys
from dataservice.services.readiness import Status
from dataservice.settings import AuthSettings


class Authenticator(Protocol):
    async def authenticate(self, credential: str) -> Principal:
        """Raises InvalidCredentials, KeySetUnavailable."""

    def ailment(self) -> Status | None:
        """Why nobody at all can be let in; None while somebody can."""

    async def run(self) -> None:
        """Follow what credentials are checked with, until cancelled."""


def authenticator(settings: AuthSettings) -> Authenticator | None:
    """None where nobody is asked who they are."""
    if settings.mode == "APIKey" and settings.keys_folder is not None:
        return ApiKeys(settings.keys_folder)
    if settings.mode == "JWT":
        # Imported only where it is used: with its cryptography it takes memory that the others save.
        from dataservice.services.tokens import Tokens  # noqa: PLC0415 - as said above

        return Tokens(settings.jwt)
    return None
