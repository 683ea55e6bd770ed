import uuid

from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.ids import IdGenerator, is_document_id

CLOCKS = st.lists(st.integers(0, 2**48 - 10_000), min_size=1, max_size=50)


@given(CLOCKS)
def test_ids_follow_the_order_of_the_calls_whatever_the_clock_does(times: list[int]) -> None:
    new_id = IdGenerator(iter(times).__next__)

    ids = [new_id() for _ in times]

    assert ids == sorted(set(ids))


def test_ids_of_one_millisecond_stay_in_order_when_the_counter_overflows() -> None:
    new_id = IdGenerator(lambda: 1_772_366_400_123)

    ids = [new_id() for _ in range(10_000)]

    assert ids == sorted(set(ids))


@given(st.integers(0, 2**48 - 1))
def test_an_id_is_a_uuid_of_version_7_that_holds_its_millisecond(now: int) -> None:
    made = uuid.UUID(IdGenerator(lambda: now)())

    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == now


@given(st.integers(0, 2**48 - 1))
def test_what_is_made_here_may_also_be_chosen(now: int) -> None:
    assert is_document_id(IdGenerator(lambda: now)())
