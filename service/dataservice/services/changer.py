"""Documents replaced, patched and deleted.

Each attempt reads the document, decides, and writes on condition that the version is still the one that was read. So
`If-Match` holds without a gap between look and write, and a change without it loses nobody else's.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

import msgspec

from dataservice.domain.document import CREATED_AT, ID, SERVER_FIELDS, Document, Stored, new_document
from dataservice.domain.etag import new_etag
from dataservice.domain.ids import is_document_id
from dataservice.domain.index import check_unique_values
from dataservice.domain.json_rules import check_object, decode_object
from dataservice.domain.precondition import Preconditions
from dataservice.domain.repository import Repository
from dataservice.domain.timestamps import from_rfc3339, from_unix_ms
from dataservice.errors import (
    Contended,
    DocumentNotFound,
    DuplicateDocument,
    InvalidDocument,
    PreconditionRequired,
    Violation,
)
from dataservice.services.drafts import unix_ms
from dataservice.services.instance import Instance

_T = TypeVar("_T")
ATTEMPTS: Final = 10
_FIRST_PAUSE_SECONDS: Final = 0.005
_LONGEST_PAUSE_SECONDS: Final = 0.08

_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(dict[str, Any]).decode


class Patch(Protocol):
    def apply(self, document: Mapping[str, Any]) -> Any:
        """Another JSON value. Raises PatchConflict or InvalidDocument."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What changes are held to."""

    max_bytes: int
    """A patch makes no document larger than that, unless it was larger before."""

    require_if_match: bool = False


class Changer:
    """All of it raises PreconditionFailed, PreconditionRequired, InvalidDocument, DuplicateDocument, Contended."""

    def __init__(
        self, repository: Repository, instance: Instance, terms: Terms, clock: Callable[[], int] = unix_ms
    ) -> None:
        self._repository = repository
        self._schema = instance.schema
        self._indexes = instance.indexes
        self._terms = terms
        self._clock = clock

    async def put(self, document_id: str, body: bytes, preconditions: Preconditions) -> tuple[Document, bool]:
        """The document, and whether it is new. Raises MalformedJson as well."""
        if not is_document_id(document_id):
            raise InvalidDocument((_INVALID_ID,))
        fields = decode_object(body, SERVER_FIELDS)
        sent = {name: fields.pop(name) for name in tuple(fields) if name in SERVER_FIELDS}

        async def attempt() -> tuple[Document, bool] | None:
            old = await self._repository.get(document_id)
            self._admit(old, preconditions)
            live = _decode(old.json) if old else {ID: document_id}
            _check_server_fields(sent, live)
            self._check(fields)
            new = self._version(document_id, live, fields)
            if old is None:
                return (new, True) if await self._created(new) else None
            return (new, False) if await self._repository.replace(old, new) else None

        return await _settled(attempt)

    async def patch(self, document_id: str, patch: Patch, preconditions: Preconditions) -> Document:
        """Raises DocumentNotFound and PatchConflict as well."""

        async def attempt() -> Document | None:
            old = await self._existing(document_id, preconditions)
            live = _decode(old.json)
            fields = {name: value for name, value in live.items() if not name.startswith("_")}
            # Another program's own, such as `_class`: nothing that a client could have meant.
            others = {name: live[name] for name in live if name.startswith("_") and name not in SERVER_FIELDS}
            patched = self._patched(patch, fields)
            new = self._version(document_id, live, {**patched, **others})
            self._check_size(new, old)
            return new if await self._repository.replace(old, new) else None

        return await _settled(attempt)

    async def delete(self, document_id: str, preconditions: Preconditions) -> None:
        """Raises DocumentNotFound as well. Of several at once, one deletes it."""

        async def attempt() -> bool | None:
            old = await self._existing(document_id, preconditions)
            return await self._repository.delete(old) or None

        await _settled(attempt)

    async def _existing(self, document_id: str, preconditions: Preconditions) -> Stored:
        old = await self._repository.get(document_id) if is_document_id(document_id) else None
        if old is None:
            raise DocumentNotFound(document_id)
        self._admit(old, preconditions)
        return old

    def _admit(self, old: Stored | None, preconditions: Preconditions) -> None:
        preconditions.check(old)
        if old and self._terms.require_if_match and preconditions.if_match is None:
            raise PreconditionRequired

    def _patched(self, patch: Patch, fields: Mapping[str, Any]) -> dict[str, Any]:
        patched = patch.apply(fields)
        if not isinstance(patched, dict):
            raise InvalidDocument((Violation("", "not-an-object", "the patch makes it no JSON object"),))
        # What another program left under names or in depths that are not for clients stays, untouched.
        check_object(
            {
                name: value
                for name, value in patched.items()
                if name not in fields or _encode(value) != _encode(fields[name])
            }
        )
        self._check(patched)
        return patched

    def _check(self, fields: Mapping[str, Any]) -> None:
        self._schema.check(fields)
        check_unique_values(self._indexes, fields)

    def _check_size(self, new: Document, old: Stored) -> None:
        most = max(self._terms.max_bytes, len(old.json))
        if len(new.json) > most:
            detail = f"the patch makes the document larger than {most} bytes"
            raise InvalidDocument((Violation("", "too-large", detail),))

    def _version(self, document_id: str, live: Mapping[str, Any], fields: Mapping[str, Any]) -> Document:
        """Another program's document is taken as created now."""
        now = from_unix_ms(self._clock())
        created_at = from_rfc3339(live.get(CREATED_AT))
        return new_document(document_id, new_etag(), now, fields, created_at=created_at)

    async def _created(self, new: Document) -> bool:
        """False if somebody else has created it meanwhile."""
        try:
            await self._repository.insert(new)
        except DuplicateDocument as error:
            if error.fields == (ID,):
                return False
            raise
        return True


_INVALID_ID = Violation(f"/{ID}", "invalid-id", "an _id is 1 to 128 letters, digits, '_' and '-'")


def _check_server_fields(sent: Mapping[str, Any], live: Mapping[str, Any]) -> None:
    """What a GET gave may be sent back. Raises InvalidDocument."""
    detail = "the server sets this field: leave it out, or send back what it is now"
    wrong = tuple(
        Violation(f"/{name}", "server-field", detail)
        for name, value in sent.items()
        if name not in live or _encode(value) != _encode(live[name])
    )
    if wrong:
        raise InvalidDocument(wrong)


async def _settled(attempt: Callable[[], Awaitable[_T | None]]) -> _T:
    """The first result that is not None. Pauses differ by chance, so that who met once does not meet again."""
    for number in range(ATTEMPTS):
        if number:
            longest = min(_FIRST_PAUSE_SECONDS * 2**number, _LONGEST_PAUSE_SECONDS)
            await asyncio.sleep(random.uniform(0, longest))  # noqa: S311 - no secret depends on it
        if (done := await attempt()) is not None:
            return done
    raise Contended
