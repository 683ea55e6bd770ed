from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.faults.service.schedule import Fault, Kind, Schedule, parsed, planned, shrunk, written

seeds = st.integers(0, 2**64)


@given(seeds, st.integers(0, 30))
def test_a_schedule_is_read_as_it_is_written(seed: int, faults: int) -> None:
    schedule = planned(seed, tuple(Kind), faults=faults, seconds=12)

    assert parsed(written(schedule)) == schedule


@given(seeds)
def test_each_kind_has_its_share(seed: int) -> None:
    schedule = planned(seed, tuple(Kind), faults=2 * len(Kind), seconds=12)

    assert Counter(each.kind for each in schedule) == dict.fromkeys(Kind, 2)
    assert [each.at for each in schedule] == sorted(each.at for each in schedule)


def test_a_seed_makes_one_schedule_and_another_one_another() -> None:
    one, same, other = (planned(seed, tuple(Kind), faults=6, seconds=12) for seed in (1, 1, 2))

    assert one == same != other


@pytest.mark.parametrize(
    "text", ["", "burn@1.0+1.0", "latency@1.0+1.0", "kill-service@1.0+1.0=3", "latency@1.0=3", "none,none"]
)
def test_what_is_no_schedule_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        parsed(text)


@given(st.integers(0, 12), st.data())
def test_a_schedule_shrinks_to_what_has_to_be_there(faults: int, data: st.DataObject) -> None:
    schedule = tuple(Fault(Kind.LATENCY, at, 1, 1) for at in range(faults))
    needed = data.draw(st.sets(st.sampled_from(schedule))) if schedule else set()
    tried: list[Schedule] = []

    def fails(less: Schedule) -> bool:
        tried.append(less)
        return needed <= {*less}

    assert {*shrunk(schedule, fails)} == needed
    assert all(len(less) < len(schedule) for less in tried), "the whole is known to fail"
