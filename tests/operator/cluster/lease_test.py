"""Leader election: at most one candidate writes, and one always can in the end."""

import asyncio
from contextlib import suppress
from typing import Any

import pytest

from dataservice_operator.cluster.lease import Lease, LeaseSpec
from dataservice_operator.errors import Conflict, LeadershipLost, Unavailable
from tests.operator.memory_api import MemoryApi
from tests.operator.until import until

PATH = "/apis/coordination.k8s.io/v1/namespaces/system/leases/operator"
DURATION, RENEW_DEADLINE = 10.0, 7.0


class Clock:
    """Time that passes when a test says so; each candidate has its own, as two machines have."""

    def __init__(self, now: float = 1000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def api() -> MemoryApi:
    return MemoryApi()


def candidate(api: MemoryApi, name: str, clock: Clock) -> Lease:
    spec = LeaseSpec("system", "operator", name, DURATION, RENEW_DEADLINE, retry_seconds=0)
    return Lease(api, spec, clock)


def spec(api: MemoryApi) -> dict[str, Any]:
    live = api.get(PATH)
    assert live is not None
    found: dict[str, Any] = live["spec"]
    return found


def attempts(api: MemoryApi) -> int:
    return sum(request.method == "GET" for request in api.requests)


async def refused(lease: Lease, api: MemoryApi, times: int = 5) -> bool:
    """Whether a candidate goes on waiting, having looked several times."""
    waiting = asyncio.create_task(lease.acquire())
    before = attempts(api)
    await until(lambda: waiting.done() or attempts(api) >= before + times)
    still = not waiting.done()
    waiting.cancel()
    with suppress(asyncio.CancelledError):
        await waiting
    return still


async def test_the_first_candidate_leads_and_the_second_waits(api: MemoryApi) -> None:
    first, second = candidate(api, "a", Clock()), candidate(api, "b", Clock())
    await first.acquire()
    assert await refused(second, api)
    assert (first.held(), second.held()) == (True, False)
    assert spec(api)["holderIdentity"] == "a"


async def test_two_that_begin_at_once_do_not_both_lead(api: MemoryApi) -> None:
    both = [candidate(api, name, Clock()) for name in "ab"]
    tasks = [asyncio.create_task(lease.acquire()) for lease in both]
    await until(lambda: any(task.done() for task in tasks))
    before = attempts(api)
    await until(lambda: attempts(api) > before + 5)
    assert sorted(lease.held() for lease in both) == [False, True]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_two_that_find_it_expired_at_once_do_not_both_lead(api: MemoryApi) -> None:
    clock = Clock()
    await candidate(api, "dead", Clock()).acquire()
    both = [candidate(api, name, clock) for name in "ab"]
    for lease in both:
        assert await refused(lease, api)
    clock.now += DURATION + 1
    tasks = [asyncio.create_task(lease.acquire()) for lease in both]
    await until(lambda: any(task.done() for task in tasks))
    before = attempts(api)
    await until(lambda: attempts(api) > before + 5)
    assert sorted(lease.held() for lease in both) == [False, True]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_dead_leader_is_followed_once_its_record_has_not_changed_for_a_lease(api: MemoryApi) -> None:
    clock = Clock()
    await candidate(api, "dead", Clock()).acquire()
    second = candidate(api, "b", clock)
    assert await refused(second, api)
    clock.now += DURATION - 1
    assert await refused(second, api)
    clock.now += 2
    await second.acquire()
    assert (spec(api)["holderIdentity"], spec(api)["leaseTransitions"]) == ("b", 1)


async def test_the_leaders_own_clock_does_not_count(api: MemoryApi) -> None:
    """A machine whose clock is wrong by days neither loses its lease to others nor keeps it from them."""
    first = candidate(api, "a", Clock(now=-1e6))
    await first.acquire()
    live = api.get(PATH)
    assert live is not None
    live["spec"]["renewTime"] = "1999-01-01T00:00:00.000000Z"
    api.put(PATH, live)
    assert await refused(candidate(api, "b", Clock(now=1e9)), api)


async def test_a_renewal_starts_the_wait_anew(api: MemoryApi) -> None:
    clock = Clock()
    first, second = candidate(api, "a", Clock()), candidate(api, "b", clock)
    await first.acquire()
    assert await refused(second, api)
    clock.now += DURATION - 1
    await first.acquire()
    assert await refused(second, api)
    clock.now += DURATION - 1
    assert await refused(second, api)


async def test_what_is_released_is_taken_at_once(api: MemoryApi) -> None:
    first, second = candidate(api, "a", Clock()), candidate(api, "b", Clock())
    await first.acquire()
    assert await refused(second, api)
    await first.release()
    await second.acquire()
    assert (first.held(), second.held()) == (False, True)


async def test_who_does_not_hold_it_cannot_release_it(api: MemoryApi) -> None:
    first, second = candidate(api, "a", Clock()), candidate(api, "b", Clock())
    await first.acquire()
    await second.release()
    assert spec(api)["holderIdentity"] == "a"


async def test_a_lease_taken_over_meanwhile_is_not_released(api: MemoryApi) -> None:
    first = candidate(api, "a", Clock())
    await first.acquire()
    live = api.get(PATH)
    assert live is not None
    live["spec"]["holderIdentity"] = "b"
    api.put(PATH, live)
    await first.release()
    assert spec(api)["holderIdentity"] == "b"


async def test_an_api_server_that_is_away_does_not_stop_the_release(
    api: MemoryApi, caplog: pytest.LogCaptureFixture
) -> None:
    first = candidate(api, "a", Clock())
    await first.acquire()
    api.refuse["GET", PATH] = Unavailable(0, "NoAnswer", "refused")
    await first.release()
    assert not first.held()
    assert "runs out by itself" in caplog.text


class TestGate:
    def test_it_is_shut_before_the_lease_was_ever_held(self, api: MemoryApi) -> None:
        with pytest.raises(LeadershipLost):
            candidate(api, "a", Clock()).check()

    async def test_it_shuts_at_the_renew_deadline_before_another_may_lead(self, api: MemoryApi) -> None:
        clock = Clock()
        lease = candidate(api, "a", clock)
        await lease.acquire()
        clock.now += RENEW_DEADLINE - 0.1
        lease.check()
        clock.now += 0.2
        with pytest.raises(LeadershipLost):
            lease.check()
        assert RENEW_DEADLINE < DURATION

    async def test_it_counts_from_when_the_renewal_was_sent(self, api: MemoryApi) -> None:
        """The answer may take long, while a rival's wait has begun."""
        clock = Clock()
        lease = candidate(api, "a", clock)
        write = api.write

        async def slow(*args: Any, **kwargs: Any) -> dict[str, Any]:
            clock.now += RENEW_DEADLINE - 1
            return await write(*args, **kwargs)

        api.write = slow  # type: ignore[method-assign]  # a slow server
        await lease.acquire()
        clock.now += 2
        with pytest.raises(LeadershipLost):
            lease.check()


class TestKeep:
    async def test_it_renews_while_the_server_answers(self, api: MemoryApi) -> None:
        clock = Clock()
        lease = candidate(api, "a", clock)
        await lease.acquire()
        keeping = asyncio.create_task(lease.keep())
        for _ in range(3):
            clock.now += RENEW_DEADLINE - 1
            before = len(api.written())
            await until(lambda before=before: len(api.written()) > before + 1)  # type: ignore[misc]  # the loop's own
        assert lease.held()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    async def test_it_ends_when_nothing_was_renewed_by_the_deadline(self, api: MemoryApi) -> None:
        clock = Clock()
        lease = candidate(api, "a", clock)
        await lease.acquire()
        api.refuse["GET", PATH] = Unavailable(503, "", "away")
        keeping = asyncio.create_task(lease.keep())
        before = attempts(api)
        await until(lambda: attempts(api) > before + 3)
        assert not keeping.done()
        clock.now += RENEW_DEADLINE
        await asyncio.wait_for(keeping, 5)
        assert not lease.held()

    async def test_a_failure_that_passes_in_time_costs_nothing(self, api: MemoryApi) -> None:
        clock = Clock()
        lease = candidate(api, "a", clock)
        await lease.acquire()
        api.refuse["PUT", PATH] = Unavailable(500, "", "no quorum")
        keeping = asyncio.create_task(lease.keep())
        clock.now += RENEW_DEADLINE - 1
        before = attempts(api)
        await until(lambda: attempts(api) > before + 2)
        api.refuse.clear()
        before = len(api.written())
        await until(lambda: len(api.written()) > before + 1)
        clock.now += RENEW_DEADLINE - 1
        assert lease.held()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)

    async def test_it_ends_at_once_when_another_has_it(self, api: MemoryApi) -> None:
        lease = candidate(api, "a", Clock())
        await lease.acquire()
        live = api.get(PATH)
        assert live is not None
        live["spec"]["holderIdentity"] = "b"
        api.put(PATH, live)
        await asyncio.wait_for(lease.keep(), 5)
        assert not lease.held()

    async def test_someone_elses_note_on_the_lease_does_not_cost_it(self, api: MemoryApi) -> None:
        """An annotation written between our read and our write is a conflict, and no rival."""
        lease = candidate(api, "a", Clock())
        await lease.acquire()
        api.refuse["PUT", PATH] = Conflict(409, "Conflict", "has been modified")
        keeping = asyncio.create_task(lease.keep())
        before = attempts(api)
        await until(lambda: keeping.done() or attempts(api) > before + 2)
        assert lease.held()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def test_the_lease_tells_people_who_leads_and_since_when(api: MemoryApi) -> None:
    lease = candidate(api, "a", Clock())
    await lease.acquire()
    since = spec(api)["acquireTime"]
    await lease.acquire()
    assert spec(api)["acquireTime"] == since
    assert spec(api)["renewTime"] > since
    assert spec(api)["leaseTransitions"] == 0
