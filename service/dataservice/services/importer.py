"""Documents by the thousand: a stream of JSON lines, stored in batches as it comes."""

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterable

import msgspec

from dataservice.domain.document import ID, Document
from dataservice.domain.json_rules import decode_object
from dataservice.domain.lines import Line, LineSplitter
from dataservice.domain.repository import Repository
from dataservice.errors import (
    DataServiceError,
    DuplicateDocument,
    InvalidDocument,
    LineTooLong,
    StoreUnavailable,
    let_go,
)
from dataservice.services.drafts import NAMES_A_CLIENT_MAY_SET, Drafts

_BATCH_DOCUMENTS = 500
_BATCH_BYTES = 1_048_576
MAX_ERRORS = 100
"""How many lines a report names."""


class LineError(msgspec.Struct, frozen=True):
    line: int
    error: Exception


class Report(msgspec.Struct):
    """What became of the lines. The numbers add up: read = stored + duplicates + failed + unknown."""

    read: int = 0
    """Lines that were not blank, without those of a batch that was begun when the stream broke off."""
    stored: int = 0
    """Under validate_only: could be stored."""
    duplicates: int = 0
    """Their `_id` is taken: stored by an earlier try, as a rule."""
    failed: int = 0
    unknown: int = 0
    """The store did not say whether it has them."""
    errors: list[LineError] = msgspec.field(default_factory=list)
    """The first of those that failed."""
    interrupted: StoreUnavailable | None = None
    """Why the rest was not read."""


class _Batch:
    def __init__(self) -> None:
        self.lines: list[int] = []
        self.documents: list[Document] = []
        self.bytes = 0

    def add(self, line: int, document: Document) -> None:
        self.lines.append(line)
        self.documents.append(document)
        self.bytes += len(document.json)

    @property
    def full(self) -> bool:
        return len(self.documents) >= _BATCH_DOCUMENTS or self.bytes >= _BATCH_BYTES


class Importer:
    def __init__(self, repository: Repository, drafts: Drafts, max_line_bytes: int) -> None:
        self._repository = repository
        self._drafts = drafts
        self._max_line_bytes = max_line_bytes

    async def run(self, chunks: AsyncIterable[bytes], report: Report, *, store: bool = True) -> None:
        """Read to the end, or until the store is away, and count into the report what became of it. Nothing is read
        while a batch is being stored: the client is held back by its connection, and a batch is all that is in memory.

        What `chunks` raises ends it after the last whole batch; what was stored is stored, and counted.
        """
        batch = _Batch()
        async for line in self._lines(chunks):
            try:
                batch.add(line.number, self._draft(line))
            except DataServiceError as error:
                report.read += 1
                _fail(report, line.number, error)
            if batch.full:
                await self._finish(batch, report, store=store)
                batch = _Batch()
                if report.interrupted:
                    return
        await self._finish(batch, report, store=store)

    async def _lines(self, chunks: AsyncIterable[bytes]) -> AsyncIterator[Line]:
        splitter = LineSplitter(self._max_line_bytes)
        async for chunk in chunks:
            for line in splitter.feed(chunk):
                yield line
        for line in splitter.end():
            yield line

    def _draft(self, line: Line) -> Document:
        if line.content is None:
            raise LineTooLong(self._max_line_bytes)
        return self._drafts.of(decode_object(line.content, NAMES_A_CLIENT_MAY_SET))

    async def _finish(self, batch: _Batch, report: Report, *, store: bool) -> None:
        report.read += len(batch.documents)
        if not store:
            report.stored += len(batch.documents)
            await asyncio.sleep(
                0
            )  # other requests have their turn here, as they have while a batch is stored
            return
        try:
            outcomes = await self._repository.insert_many(batch.documents) if batch.documents else ()
        except StoreUnavailable as error:
            report.unknown += len(batch.documents)
            let_go(error)
            report.interrupted = error
        else:
            _count(report, zip(batch.lines, outcomes, strict=True))


def _count(report: Report, outcomes: Iterable[tuple[int, Exception | None]]) -> None:
    for line, error in outcomes:
        if error is None:
            report.stored += 1
        elif isinstance(error, StoreUnavailable):
            report.unknown += 1
            let_go(error)
            report.interrupted = error
        elif isinstance(error, DuplicateDocument) and error.fields == (ID,):
            report.duplicates += 1
        else:
            _fail(report, line, error)


def _fail(report: Report, line: int, error: Exception) -> None:
    report.failed += 1
    if len(report.errors) < MAX_ERRORS:
        if isinstance(error, InvalidDocument):
            error = InvalidDocument(error.violations[:1])  # a hundred lines, each with one reason
        report.errors.append(LineError(line, error))
