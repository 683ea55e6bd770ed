"""New documents: one, or several in one request."""

from collections.abc import Mapping, Sequence

import msgspec

from dataservice.domain.document import ID, Document, Stored
from dataservice.domain.idempotency import Key, KeyedRequest, keyed_request
from dataservice.domain.json_rules import decode_documents
from dataservice.domain.repository import Repository
from dataservice.errors import (
    DuplicateDocument,
    IdempotencyConflict,
    IdempotencyKeyReused,
    InvalidDocument,
    StoreUnavailable,
)
from dataservice.services.drafts import NAMES_A_CLIENT_MAY_SET, Drafts


class Created(msgspec.Struct, frozen=True):
    document: Document | Stored
    replayed: bool = False
    """It was there before, by the same request; the document is as it is now."""


class Failed(msgspec.Struct, frozen=True):
    error: Exception
    id: str | None = None
    """That of a document that is in the way, or that may be stored or not."""


Outcome = Created | Failed


class Creator:
    def __init__(self, repository: Repository, drafts: Drafts, instance_name: str, most: int) -> None:
        """At most so many documents are taken in one request. Keys of two instances have nothing in common."""
        self._repository = repository
        self._drafts = drafts
        self._instance_name = instance_name
        self.most = most

    async def create(self, body: bytes, key: Key | None = None) -> Created | list[Outcome]:
        """Store a JSON object, or each item of an array.

        Raises MalformedJson, TooManyDocuments, IdempotencyKeyReused, and of an object InvalidDocument,
        DuplicateDocument, IdempotencyConflict.
        """
        request = self._request(body, key)
        content = decode_documents(body, NAMES_A_CLIENT_MAY_SET, self.most)
        if isinstance(content, list):
            return await self._store_each(self._drafts.of_each(content, request), request)
        return await self._store(self._drafts.of(content, request), request)

    def validate(self, body: bytes, key: Key | None = None) -> Created | list[Outcome]:
        """The same as far as it can be told without the store: what is taken there is not seen."""
        request = self._request(body, key)
        content = decode_documents(body, NAMES_A_CLIENT_MAY_SET, self.most)
        if isinstance(content, list):
            drafts = self._drafts.of_each(content, request)
            return _in_order(drafts, {each.id: Created(each) for each in _first_of_each_id(drafts)})
        return Created(self._drafts.of(content, request))

    def _request(self, body: bytes, key: Key | None) -> KeyedRequest | None:
        return keyed_request(self._instance_name, key, body) if key else None

    async def _store(self, document: Document, request: KeyedRequest | None) -> Created:
        try:
            await self._repository.insert(document)
        except DuplicateDocument as error:
            if request is None:
                raise
            outcome = _repeated(await self._repository.get(document.id), request, error)
            if isinstance(outcome, Failed):
                raise outcome.error from error
            return outcome
        return Created(document)

    async def _store_each(
        self, drafts: Sequence[Document | InvalidDocument], request: KeyedRequest | None
    ) -> list[Outcome]:
        if request is None:
            outcomes = await self._insert_each(_first_of_each_id(drafts))
        else:
            outcomes = await self._insert_or_replay_each(drafts, request)
        return _in_order(drafts, outcomes)

    async def _insert_each(self, documents: Sequence[Document]) -> dict[str, Outcome]:
        """By id. With nothing to store, no store is needed."""
        errors = await self._repository.insert_many(documents) if documents else ()
        return {
            document.id: _outcome(document, error) for document, error in zip(documents, errors, strict=True)
        }

    async def _insert_or_replay_each(
        self, drafts: Sequence[Document | InvalidDocument], request: KeyedRequest
    ) -> dict[str, Outcome]:
        """Looked for first, for all places: a key that was used for another body stores nothing, not even a part."""
        before = await self._repository.get_many([request.document_id(each) for each in range(len(drafts))])
        if any(stored.request != request.hash for stored in before.values()):
            raise IdempotencyKeyReused
        new = [each for each in drafts if isinstance(each, Document) and each.id not in before]
        outcomes = await self._insert_each(new)
        replayed = {each: Created(stored, replayed=True) for each, stored in before.items()}
        return {**outcomes, **await self._replays(outcomes, request), **replayed}

    async def _replays(self, outcomes: Mapping[str, Outcome], request: KeyedRequest) -> dict[str, Outcome]:
        """Of those that the same request stored at the same time."""
        failed = {each: outcome.error for each, outcome in outcomes.items() if isinstance(outcome, Failed)}
        duplicates = {each: error for each, error in failed.items() if isinstance(error, DuplicateDocument)}
        stored = await self._repository.get_many(list(duplicates)) if duplicates else {}
        return {each: _repeated(stored.get(each), request, error) for each, error in duplicates.items()}


def _repeated(stored: Stored | None, request: KeyedRequest, duplicate: DuplicateDocument) -> Outcome:
    """What it means that a document could not be stored under an id of the request's own."""
    if stored is None:
        return Failed(IdempotencyConflict() if duplicate.fields == (ID,) else duplicate)
    if stored.request != request.hash:
        return Failed(IdempotencyKeyReused())
    return Created(stored, replayed=True)


def _first_of_each_id(drafts: Sequence[Document | InvalidDocument]) -> list[Document]:
    first: dict[str, Document] = {}
    for each in drafts:
        if isinstance(each, Document):
            first.setdefault(each.id, each)
    return list(first.values())


def _in_order(drafts: Sequence[Document | InvalidDocument], outcomes: Mapping[str, Outcome]) -> list[Outcome]:
    """With the outcomes of the first of each id; a second one is a duplicate."""
    left = dict(outcomes)
    ordered: list[Outcome] = []
    for each in drafts:
        if isinstance(each, InvalidDocument):
            ordered.append(Failed(each))
        elif each.id in left:
            ordered.append(left.pop(each.id))
        else:
            ordered.append(_outcome(each, DuplicateDocument((ID,))))
    return ordered


def _outcome(document: Document, error: Exception | None) -> Outcome:
    if error is None:
        return Created(document)
    there = isinstance(error, DuplicateDocument) and error.fields == (ID,)
    return Failed(error, document.id if there or isinstance(error, StoreUnavailable) else None)
