"""What writers and readers were told, and what of it no order of events explains.

Each document holds a list, and each write appends a token of its own to it: a read thus shows which writes it has
seen, and in which order (Jepsen's list-append; Kingsbury and Alvaro, Elle, VLDB 2020, section 3). All that a document
ever was is then a prefix of what it is in the end, and each rule a comparison instead of a search through all orders.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import accumulate, chain
from math import inf


class Outcome(StrEnum):
    ACKNOWLEDGED = "acknowledged"
    REFUSED = "refused"
    """It was said not to have happened, and not to happen."""
    UNKNOWN = "unknown"
    """It may have happened, or may yet."""


@dataclass(frozen=True)
class Write:
    """Times are seconds of one monotonic clock; a write that was sent again began with its first try."""

    document: str
    token: str
    began: float
    ended: float
    outcome: Outcome
    how: str = "PUT"
    worker: int = 0
    removes: bool = False
    """It takes the document away, for ever: the token names it and is not in the list."""

    def __str__(self) -> str:
        return f"{self.how} {self.token} of worker {self.worker} ({self.outcome}, {self.began:.3f}-{self.ended:.3f} s)"


@dataclass(frozen=True)
class Version:
    tokens: tuple[str, ...]
    etag: str


@dataclass(frozen=True)
class Read:
    began: float
    ended: float
    shown: Mapping[str, Sequence[Version]]
    """By the document's name; there should be one of a name, or none."""
    whole: bool = False
    """Whether a document that is not shown is not there."""
    how: str = "GET"
    worker: int = 0

    def __str__(self) -> str:
        return f"{self.how} of worker {self.worker} ({self.began:.3f}-{self.ended:.3f} s)"


@dataclass
class History:
    writes: list[Write] = field(default_factory=list)
    reads: list[Read] = field(default_factory=list)


class Kind(StrEnum):
    LOST = "lost"
    """A write was acknowledged and is not there in the end."""
    DOUBLED = "doubled"
    """A write had its effect twice, made two versions, or two documents under one key."""
    REORDERED = "reordered"
    """A write stands before one that was acknowledged before it began; or a version is named twice."""
    BACK = "back"
    """A read shows less than was acknowledged or shown before it began; or what was gone, or is not there at last."""
    REFUSED = "refused"
    """A write happened that was refused, or that nobody sent."""


@dataclass(frozen=True)
class Violation:
    kind: Kind
    document: str
    detail: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.document}: {self.detail}"


@dataclass(frozen=True)
class Verdict:
    violations: Sequence[Violation]
    compared: Mapping[Kind, int]
    """How often each rule was put to the test."""


class NothingCompared(Exception):
    """A rule was never put to the test: that it holds says nothing."""


@dataclass(frozen=True)
class _Look:
    """What a read shows of one document."""

    began: float
    ended: float
    versions: Sequence[Version]
    read: Read

    @property
    def tokens(self) -> tuple[str, ...]:
        return self.versions[0].tokens if self.versions else ()


def check(history: History) -> Verdict:
    """The last read is what there is in the end: it has to be whole, and to begin when all writes have ended.

    Raises:
        NothingCompared: there is no such read; or a rule is not broken, but was not put to the test either.
    """
    last = max(history.reads, key=lambda each: each.began, default=None)
    if last is None or not last.whole or any(write.ended > last.began for write in history.writes):
        raise NothingCompared("no whole read begins after the last write")
    looks = _by_document(history)
    writes: defaultdict[str, list[Write]] = defaultdict(list)
    for write in history.writes:
        writes[write.document].append(write)
    compared: Counter[Kind] = Counter()
    violations = [
        violation
        for name in sorted({*writes, *looks})
        for violation in _Document(name, writes[name], looks[name], compared).violations()
    ]
    missing = [kind for kind in Kind if not compared[kind]]
    if missing and not violations:
        raise NothingCompared(f"nothing was compared for: {', '.join(missing)}")
    return Verdict(violations, compared)


def _by_document(history: History) -> Mapping[str, Sequence[_Look]]:
    """In the order in which the reads began."""
    names = {write.document for write in history.writes}.union(*(read.shown for read in history.reads))
    looks: defaultdict[str, list[_Look]] = defaultdict(list)
    for read in sorted(history.reads, key=lambda each: each.began):
        for name in names if read.whole else read.shown:
            looks[name].append(_Look(read.began, read.ended, read.shown.get(name, ()), read))
    return looks


_Floor = tuple[float, int, str]
"""From when on how many writes have to be seen, and why."""


class _Document:
    def __init__(
        self, name: str, writes: Sequence[Write], looks: Sequence[_Look], compared: Counter[Kind]
    ) -> None:
        self._name = name
        self._writes = [each for each in writes if not each.removes]
        self._compared = compared
        self._removals = [each for each in writes if each.removes and each.outcome is not Outcome.REFUSED]
        removed = min((each.began for each in self._removals), default=inf)
        self._gone = [each for each in looks if not each.versions and each.ended >= removed]
        self._looks = [each for each in looks if each.versions or each.ended < removed]
        tokens = [each.tokens for each in self._looks]
        # Nothing tells what a document was just before it was removed: it was at least what it was seen to be.
        self._final = max(tokens, key=len, default=()) if self._gone else tokens[-1]
        self._place = {token: place for place, token in enumerate(self._final)}
        self._acknowledged = [each for each in self._writes if each.outcome is Outcome.ACKNOWLEDGED]

    def violations(self) -> Iterator[Violation]:
        """One of a kind tells it; the others follow from the same cause more often than not."""
        rules = {
            Kind.LOST: self._lost(),
            Kind.DOUBLED: self._doubled(),
            Kind.REORDERED: self._reordered(),
            Kind.BACK: chain(self._back(), self._back_from_nothing()),
            Kind.REFUSED: self._refused(),
        }
        for kind, found in rules.items():
            if details := list(found):
                more = f" (and {len(details) - 1} more)" if len(details) > 1 else ""
                yield Violation(kind, self._name, details[0] + more)

    def _lost(self) -> Iterator[str]:
        for write in self._acknowledged:
            self._compared[Kind.LOST] += 1
            if write.token not in self._place:
                yield f"{write} is not there in the end"

    def _doubled(self) -> Iterator[str]:
        etags: dict[tuple[str, ...], str] = {}
        for look in self._looks:
            if len(look.versions) > 1:
                yield f"{look.read} shows {len(look.versions)} documents"
            for version in look.versions:
                self._compared[Kind.DOUBLED] += 1
                token, times = Counter(version.tokens).most_common(1)[0] if version.tokens else ("", 0)
                if times > 1:
                    yield f"{look.read} shows {token} {times} times"
                known = etags.setdefault(version.tokens, version.etag)
                if known != version.etag:
                    yield f"{_last(version.tokens)} made two versions, {known} and {version.etag}"

    def _reordered(self) -> Iterator[str]:
        ended = {each.token: each.ended for each in self._acknowledged}
        began = {each.token: each.began for each in self._writes}
        first_after, after = inf, ""
        for token in reversed(self._final):
            self._compared[Kind.REORDERED] += after != ""
            if first_after < began.get(token, inf):
                yield f"{token} stands before {after}, which was acknowledged before {token} began"
            if ended.get(token, inf) < first_after:
                first_after, after = ended[token], token
        named: dict[str, tuple[str, ...]] = {}
        for look in self._looks:
            if look.tokens != self._final[: len(look.tokens)] and set(look.tokens) <= set(self._final):
                yield f"{look.read} shows {_last(look.tokens)} in another order than the end"
            for version in look.versions:
                if named.setdefault(version.etag, version.tokens) != version.tokens:
                    yield f"{version.etag} is the etag of two versions"

    def _back(self) -> Iterator[str]:
        floors = sorted(self._floors())
        ends = [end for end, _, _ in floors]
        highest = list(accumulate(floors, _higher))
        for look in self._looks:
            if gone := [each for each in look.tokens if each not in self._place]:
                yield f"{look.read} shows {gone[0]}, which is not there in the end"
            before = bisect_left(ends, look.began)
            if not before:
                continue
            _, least, why = highest[before - 1]
            self._compared[Kind.BACK] += 1
            if len(look.tokens) < least:
                yield f"{look.read} shows {len(look.tokens)} writes, and {why} {least} before it began"

    def _back_from_nothing(self) -> Iterator[str]:
        acknowledged = [each.ended for each in self._acknowledged]
        # Who began to look before that may have seen that it was not there yet.
        there = min(acknowledged + [each.ended for each in self._looks if each.versions], default=inf)
        ends = [(each.ended, str(each.read)) for each in self._gone if each.began > there] + [
            (each.ended, str(each)) for each in self._removals if each.outcome is Outcome.ACKNOWLEDGED
        ]
        if not ends:
            return
        end, why = min(ends)
        for look in self._looks:
            if look.began > end:
                yield f"{look.read} shows what was gone after {why}"

    def _floors(self) -> Iterator[_Floor]:
        for write in self._acknowledged:
            if write.token in self._place:
                yield write.ended, self._place[write.token] + 1, f"{write} was the last of"
        for look in self._looks:
            yield look.ended, len(look.tokens), f"{look.read} showed"

    def _refused(self) -> Iterator[str]:
        outcomes = {each.token: each for each in self._writes}
        for token in dict.fromkeys(token for look in self._looks for token in look.tokens):
            self._compared[Kind.REFUSED] += 1
            write = outcomes.get(token)
            if write is None:
                yield f"{token} was written by nobody"
            elif write.outcome is Outcome.REFUSED:
                yield f"{write} happened all the same"


def _higher(one: _Floor, other: _Floor) -> _Floor:
    return max(one, other, key=lambda each: each[1])


def _last(tokens: Sequence[str]) -> str:
    return tokens[-1] if tokens else "nothing"
