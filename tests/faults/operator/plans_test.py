import pytest

from tests.faults.operator.plans import OF_EVENTS, OF_WRITES, Fault, Plan, all_plans

CREATE, APPLY, EVENT = (0, "POST", "services"), (0, "PATCH", "deployments"), (0, "ADDED", "services")


def test_an_operator_is_ended_after_each_write() -> None:
    plans = list(all_plans([CREATE, CREATE, APPLY], []))

    for fault in (Fault.KILL, Fault.STALE, Fault.LOST):
        assert [each.at for each in plans if each.fault is fault] == [1, 2, 3]


def test_a_refusal_is_tried_once_for_writes_that_are_alike() -> None:
    plans = list(all_plans([CREATE, CREATE, APPLY], []))

    for fault in (Fault.CONFLICT, Fault.BUSY, Fault.BROKEN):
        assert [each.at for each in plans if each.fault is fault] == [1, 3]


def test_the_same_in_another_step_is_another_place() -> None:
    plans = list(all_plans([], [EVENT, EVENT, (1, *EVENT[1:])]))

    assert [each.at for each in plans if each.fault is Fault.DROP] == [1, 3]


def test_every_fault_has_its_place() -> None:
    assert {*OF_WRITES, *OF_EVENTS} == set(Fault)
    assert {each.fault for each in all_plans([CREATE], [EVENT])} == set(Fault)


@pytest.mark.parametrize("fault", Fault)
def test_a_plan_is_read_as_it_is_written(fault: Fault) -> None:
    assert Plan.parse(str(Plan(fault, 7))) == Plan(fault, 7)


@pytest.mark.parametrize("text", ["", "kill", "kill:", "kill:x", "burn:1"])
def test_what_is_no_plan_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Plan.parse(text)
