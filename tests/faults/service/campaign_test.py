"""A sample of the campaign, with a seed for each store, and proof that it can fail."""

import sys
from pathlib import Path

import pytest

from tests.faults.service import history
from tests.faults.service.run import FaultMissing, run
from tests.faults.service.schedule import Fault, Kind, planned
from tests.faults.service.stores import Name, Store

SECONDS = 3
CARELESS = str(Path(__file__).parents[2] / "support" / "careless_service.py")


@pytest.fixture(params=[Name.SQLITE, pytest.param(Name.MOTOR, marks=pytest.mark.mongodb)])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    server = None if request.param is Name.SQLITE else request.getfixturevalue("mongo_server")
    return Store(request.param, tmp_path, server)


async def test_the_service_keeps_its_word(store: Store, tmp_path: Path) -> None:
    schedule = planned(23, store.name.kinds, faults=max(3, len(store.name.kinds)), seconds=SECONDS)

    result = await run(store, schedule, 23, tmp_path, seconds=SECONDS)

    assert result.failures == []
    assert {*result.happened} == {*store.name.kinds}
    assert all(result.happened.values())


@pytest.mark.parametrize(
    ("broken", "kind"),
    [
        ("acknowledges_first", history.Kind.LOST),
        ("ignores_if_match", history.Kind.LOST),
        ("forgets_keys", history.Kind.DOUBLED),
        ("answers_from_memory", history.Kind.BACK),
    ],
)
async def test_a_promise_that_is_broken_is_found(tmp_path: Path, broken: str, kind: history.Kind) -> None:
    killed = tuple(Fault(Kind.KILL_SERVICE, at, 0) for at in (0.5, 1.0))
    command = sys.executable, CARELESS, broken

    result = await run(Store(Name.SQLITE, tmp_path), killed, 1, tmp_path, seconds=1, command=command)

    assert f"{kind}:" in {failure.split(" ")[0] for failure in result.failures}


async def test_a_fault_that_does_not_happen_is_a_failure(tmp_path: Path) -> None:
    store = Store(Name.SQLITE, tmp_path)
    in_vain = Fault(Kind.LATENCY, 0, 0, 10)  # SQLite is behind no link

    with pytest.raises(FaultMissing, match="latency"):
        await run(store, (in_vain,), 1, tmp_path, seconds=0, patience=0.5)
