"""Each violation is found in a history that has it and nothing else, and none in what writers at once may see."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.service.history import (
    History,
    Kind,
    NothingCompared,
    Outcome,
    Read,
    Version,
    Violation,
    Write,
    check,
)

END = 100.0


def write(token: str, began: float, ended: float, outcome: Outcome = Outcome.ACKNOWLEDGED) -> Write:
    return Write("shared", token, began, ended, outcome)


def versions(*tokens: str) -> tuple[Version, ...]:
    return (Version(tokens, f"etag of {'-'.join(tokens)}"),) if tokens else ()


def read(*tokens: str, at: tuple[float, float]) -> Read:
    return Read(*at, {"shared": versions(*tokens)})


def end(*tokens: str) -> Read:
    return Read(END, END + 1, {"shared": versions(*tokens)}, whole=True)


A, B, C = write("a", 0, 1), write("b", 2, 3), write("c", 4, 5)
"""One after the other."""


def violations(writes: Sequence[Write], *reads: Read) -> Sequence[Violation]:
    return check(History([*writes], [*reads])).violations


def kinds(writes: Sequence[Write], *reads: Read) -> list[Kind]:
    return [each.kind for each in violations(writes, *reads)]


def test_writes_one_after_the_other_are_legal() -> None:
    assert kinds([A, B, C], read("a", at=(1, 2)), read("a", "b", at=(3, 4)), end("a", "b", "c")) == []


def test_writes_at_once_may_stand_in_either_order() -> None:
    one, other = write("a", 0, 3), write("b", 1, 2)

    assert kinds([one, other], end("a", "b")) == kinds([one, other], end("b", "a")) == []


def test_a_read_while_a_write_is_under_way_may_see_it_or_not() -> None:
    slow = write("b", 2, 9)
    sees = read("a", "b", at=(3, 5))

    assert kinds([A, slow], read("a", at=(3, 5)), sees, end("a", "b")) == []
    assert kinds([A, slow], read("a", at=(4, 6)), sees, end("a", "b")) == [], "reads at once"


@pytest.mark.parametrize("there", [True, False])
def test_a_write_whose_outcome_is_not_known_may_be_there_or_not(there: bool) -> None:  # noqa: FBT001
    unknown = replace(C, outcome=Outcome.UNKNOWN)

    assert kinds([A, B, unknown], end("a", "b", *(["c"] if there else []))) == []


def test_a_write_whose_outcome_is_not_known_may_happen_later() -> None:
    unknown = replace(A, outcome=Outcome.UNKNOWN)

    assert kinds([unknown, B, C], read("b", at=(3, 4)), end("b", "c", "a")) == []


@pytest.mark.parametrize("reads", [(), (read("a", "b", at=(3, 4)),)], ids=["never seen", "seen before"])
def test_a_lost_write_is_found(reads: Sequence[Read]) -> None:
    found = kinds([A, B, C], *reads, end("a", "c"))

    assert found[0] is Kind.LOST
    assert set(found) == ({Kind.LOST, Kind.BACK} if reads else {Kind.LOST})


def test_a_lost_document_is_found() -> None:
    other = replace(A, document="other", token="of other")  # noqa: S106 - no secret

    (found,) = violations([A, B, other], end("a", "b"))

    assert (found.kind, found.document) == (Kind.LOST, "other")


def test_a_write_that_had_its_effect_twice_is_found() -> None:
    assert kinds([A, B], end("a", "b", "b")) == [Kind.DOUBLED]


def test_two_documents_under_one_key_are_found() -> None:
    twice = Version(("a",), "one"), Version(("a",), "other")

    (found,) = violations([A], Read(END, END, {"shared": twice}, whole=True))

    assert found.kind is Kind.DOUBLED
    assert "shows 2 documents" in found.detail


def test_a_write_that_made_two_versions_is_found() -> None:
    again = Read(6, 7, {"shared": [Version(("a", "b"), "another")]})

    assert kinds([A, B], read("a", "b", at=(4, 5)), again, end("a", "b")) == [Kind.DOUBLED]


def test_an_etag_of_two_versions_is_found() -> None:
    same = Read(1, 2, {"shared": [Version(("a",), versions("a", "b")[0].etag)]})

    assert kinds([A, B], same, end("a", "b")) == [Kind.REORDERED]


def test_writes_out_of_their_order_are_found() -> None:
    (found,) = violations([A, B], end("b", "a"))

    assert found.kind is Kind.REORDERED
    assert found.detail.startswith("b stands before a")


def test_a_read_of_another_order_is_found() -> None:
    one, other = write("a", 0, 9), write("b", 0, 9)

    assert kinds([one, other], read("b", "a", at=(3, 4)), end("a", "b")) == [Kind.REORDERED]


def test_a_read_that_misses_what_was_acknowledged_is_found() -> None:
    assert kinds([A, B], read("a", at=(4, 5)), end("a", "b")) == [Kind.BACK]


def test_a_read_that_misses_what_was_shown_before_is_found() -> None:
    slow = write("b", 2, 50)

    found = kinds([A, slow], read("a", "b", at=(3, 4)), read("a", at=(5, 6)), end("a", "b"))

    assert found == [Kind.BACK]


def test_a_list_without_a_document_that_was_acknowledged_is_found() -> None:
    assert kinds([A, B], Read(4, 5, {}, whole=True), end("a", "b")) == [Kind.BACK]


def test_a_write_that_was_seen_and_is_gone_is_found() -> None:
    unknown = replace(B, outcome=Outcome.UNKNOWN)

    assert kinds([A, unknown, C], read("a", "b", at=(3, 4)), end("a", "c")) == [Kind.BACK]


def test_a_write_that_was_refused_and_happened_is_found() -> None:
    assert kinds([A, replace(B, outcome=Outcome.REFUSED)], end("a", "b")) == [Kind.REFUSED]


def test_what_nobody_wrote_is_found() -> None:
    assert kinds([A], end("a", "z")) == [Kind.REFUSED]


REMOVAL = replace(write("removal", 6, 8), removes=True)
NONE = Read(END, END + 1, {}, whole=True)
OTHERS = [replace(each, document="other", token=f"other {each.token}") for each in (A, B)]
LAST_OF_OTHERS = Read(END, END + 1, {"other": versions("other a", "other b")}, whole=True)


@pytest.mark.parametrize("outcome", [Outcome.ACKNOWLEDGED, Outcome.UNKNOWN])
def test_a_document_that_is_removed_is_gone_from_some_moment_on(outcome: Outcome) -> None:
    removal = replace(REMOVAL, outcome=outcome)
    gone = Read(7, 9, {"shared": []})

    assert kinds([A, B, removal], read("a", "b", at=(6, 7)), gone, read("a", "b", at=(7, 9)), NONE) == []


def test_a_document_may_not_be_there_yet_and_then_not_any_more() -> None:
    slow = write("a", 0, 5)
    shown, not_yet = read("a", at=(0, 5)), Read(1, 2, {}, whole=True)

    assert kinds([slow, REMOVAL, *OTHERS], shown, not_yet, LAST_OF_OTHERS) == []


def test_a_list_may_miss_what_is_made_and_begun_to_be_removed_while_it_goes_on() -> None:
    made, removal = write("a", 1, 2), replace(REMOVAL, began=3)
    list_that_passed_by = Read(0, 4, {}, whole=True)

    assert kinds([made, removal, *OTHERS], list_that_passed_by, read("a", at=(5, 6)), LAST_OF_OTHERS) == []


def test_a_removal_whose_outcome_is_not_known_may_not_have_happened() -> None:
    assert kinds([A, B, replace(REMOVAL, outcome=Outcome.UNKNOWN)], end("a", "b")) == []


def test_a_removal_that_was_acknowledged_and_did_not_last_is_found() -> None:
    assert kinds([A, B, REMOVAL], end("a", "b")) == [Kind.BACK]


def test_a_document_that_was_gone_and_is_shown_is_found() -> None:
    unknown = replace(REMOVAL, outcome=Outcome.UNKNOWN)
    gone = Read(7, 9, {"shared": []})

    assert kinds([A, B, unknown], gone, end("a", "b")) == [Kind.BACK]


def test_a_document_that_is_gone_though_its_removal_was_refused_is_found() -> None:
    refused = replace(REMOVAL, outcome=Outcome.REFUSED)

    assert Kind.LOST in kinds([A, B, refused], read("a", "b", at=(4, 5)), NONE)


def test_a_document_that_is_gone_before_its_removal_is_found() -> None:
    found = kinds([A, B, REMOVAL], Read(4, 5, {"shared": []}), read("a", "b", at=(4, 5)), NONE)

    assert found == [Kind.BACK]


@pytest.mark.parametrize(
    ("writes", "reads"),
    [
        pytest.param([A, B], [], id="no read"),
        pytest.param([A, B], [read("a", "b", at=(END, END))], id="no whole read"),
        pytest.param([A, write("b", 2, END + 1)], [end("a", "b")], id="a write after it"),
        pytest.param([], [end()], id="no write"),
        pytest.param([A], [end("a")], id="no order"),
        pytest.param([replace(A, outcome=Outcome.REFUSED)], [end()], id="nothing acknowledged"),
    ],
)
def test_a_history_that_proves_nothing_is_refused(writes: list[Write], reads: list[Read]) -> None:
    with pytest.raises(NothingCompared):
        check(History(writes, reads))


@st.composite
def legal_histories(draw: st.DrawFn) -> History:
    """A document whose writes and reads happen at once, each at a moment of its own between its begin and its end."""
    count = draw(st.integers(2, 12))
    history, state = History(), list[str]()
    for moment in range(1, count * 3):
        began, ended = moment - draw(st.floats(0, 5)), moment + draw(st.floats(0, 5))
        token = f"w{moment}"
        match draw(st.sampled_from([*Outcome, "late", "read"])):
            case Outcome.REFUSED:
                history.writes.append(write(token, began, ended, Outcome.REFUSED))
            case Outcome() as outcome:
                state.append(token)
                history.writes.append(write(token, began, ended, outcome))
            case "late":  # it happens, or never does, after its caller has given up
                if draw(st.booleans()):
                    state.append(token)
                history.writes.append(write(token, began, moment - 0.5, Outcome.UNKNOWN))
            case _:
                history.reads.append(read(*state, at=(began, ended)))
    first, second = write("first", -20, -19), write("second", -18, -17)
    reads = [
        Read(each.began, each.ended, {"shared": versions("first", "second", *_tokens(each))})
        for each in history.reads
    ]
    return History([first, second, *history.writes], [*reads, end("first", "second", *state)])


def _tokens(one: Read) -> Sequence[str]:
    return one.shown["shared"][0].tokens if one.shown["shared"] else ()


@given(legal_histories())
def test_whatever_has_a_moment_for_everything_is_legal(history: History) -> None:
    assert check(history).violations == []


@given(legal_histories(), st.data())
def test_a_write_that_is_taken_out_of_a_legal_history_is_missed(
    history: History, data: st.DataObject
) -> None:
    acknowledged = [each.token for each in history.writes if each.outcome is Outcome.ACKNOWLEDGED]
    lost = data.draw(st.sampled_from(acknowledged))
    *reads, last = history.reads
    left = [each for each in _tokens(last) if each != lost]

    found = check(History(history.writes, [*reads, end(*left)])).violations

    assert Kind.LOST in {each.kind for each in found}


@given(legal_histories(), st.data())
def test_a_read_that_is_moved_behind_a_later_one_goes_back(history: History, data: st.DataObject) -> None:
    *reads, last = history.reads
    kept = data.draw(st.integers(0, len(_tokens(last)) - 1))
    stale = read(*_tokens(last)[:kept], at=(END - 2, END - 1))
    newest = read(*_tokens(last), at=(END - 4, END - 3))

    found = check(History(history.writes, [*reads, newest, stale, last])).violations

    assert [each.kind for each in found] == [Kind.BACK]
