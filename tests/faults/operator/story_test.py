"""The oracles notice what they are there for."""

from collections import Counter
from dataclasses import replace

import pytest

from tests.faults.operator.plans import Fault
from tests.faults.operator.story import Broken, Outcome, compared

RUN = Outcome(
    objects={"Service/orders": {"spec": {"port": 1}}},
    created=Counter({"/services/orders": 1}),
    deleted=Counter({"/ingresses/orders": 1}),
    writes=[],
    events=[],
)


def test_two_equal_runs_are_equal() -> None:
    compared(RUN, replace(RUN))


@pytest.mark.parametrize(
    ("change", "named"),
    [
        pytest.param({"objects": {}}, "Service/orders", id="an object less"),
        pytest.param({"objects": {**RUN.objects, "Service/old": {}}}, "Service/old", id="an object more"),
        pytest.param({"objects": {"Service/orders": {"spec": {"port": 2}}}}, '"port": 2', id="a field"),
        pytest.param({"created": Counter({"/services/orders": 2})}, "created", id="made twice"),
        pytest.param({"deleted": Counter()}, "deleted", id="not deleted"),
    ],
)
def test_a_difference_is_named(change: dict[str, object], named: str) -> None:
    with pytest.raises(Broken, match=named):
        compared(RUN, replace(RUN, **change))  # type: ignore[arg-type]  # of the names above


def _rolled(revision: str) -> dict[str, object]:
    return {
        "Deployment/orders": {"metadata": {"annotations": {"deployment.kubernetes.io/revision": revision}}}
    }


AGAIN = replace(RUN, created=RUN.created + RUN.created, deleted=RUN.deleted + RUN.created)


def test_who_is_shown_an_old_spec_may_make_and_remove_again_what_was_once_there() -> None:
    rolled = replace(RUN, objects=_rolled("3"))

    compared(RUN, AGAIN, Fault.STALE)
    compared(rolled, replace(rolled, objects=_rolled("5")), Fault.STALE)
    for disturbed in (AGAIN, replace(RUN, objects=_rolled("5"))):
        with pytest.raises(Broken):
            compared(RUN, disturbed, Fault.KILL)


@pytest.mark.parametrize(
    "disturbed",
    [
        pytest.param(replace(RUN, created=AGAIN.created), id="not removed"),
        pytest.param(replace(RUN, deleted=AGAIN.deleted), id="not made"),
        pytest.param(
            replace(
                RUN, created=RUN.created + Counter({"/new": 1}), deleted=RUN.deleted + Counter({"/new": 1})
            ),
            id="never there before",
        ),
    ],
)
def test_and_nothing_else(disturbed: Outcome) -> None:
    with pytest.raises(Broken):
        compared(RUN, disturbed, Fault.STALE)


@pytest.mark.parametrize("nothing", ["objects", "created", "deleted"])
def test_an_undisturbed_run_that_shows_nothing_is_no_measure(nothing: str) -> None:
    empty = replace(RUN, **{nothing: type(getattr(RUN, nothing))()})

    with pytest.raises(Broken, match="nothing to compare"):
        compared(empty, empty)
