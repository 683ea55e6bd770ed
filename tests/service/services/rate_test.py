"""The bound on each caller's requests."""

from dataservice.services.rate import MOST_CALLERS, Allowance, RateLimiter


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def taken(limiter: RateLimiter, times: int, caller: str = "till") -> list[bool]:
    return [limiter.take(caller).granted for _ in range(times)]


def test_a_burst_is_granted_and_no_more() -> None:
    limiter = RateLimiter(rate=2, burst=5, clock=Clock())
    assert taken(limiter, 7) == [True] * 5 + [False] * 2


def test_after_that_requests_come_at_the_rate() -> None:
    clock = Clock()
    limiter = RateLimiter(rate=2, burst=5, clock=clock)
    taken(limiter, 5)
    clock.now += 1
    assert taken(limiter, 3) == [True, True, False]
    clock.now += 3600
    assert taken(limiter, 6) == [True] * 5 + [False], "a pause fills no more than the burst"


def test_refused_requests_cost_nothing() -> None:
    clock = Clock()
    limiter = RateLimiter(rate=1, burst=1, clock=clock)
    taken(limiter, 100)
    clock.now += 1
    assert taken(limiter, 1) == [True]


def test_each_caller_has_a_bucket_of_its_own() -> None:
    limiter = RateLimiter(rate=1, burst=1, clock=Clock())
    assert taken(limiter, 1, "a") + taken(limiter, 1, "b") == [True, True]


def test_it_is_told_what_is_left_and_when_there_is_more() -> None:
    limiter = RateLimiter(rate=2, burst=4, clock=Clock())
    assert limiter.take("till") == Allowance(granted=True, remaining=3, full_in=0.5, next_in=0)
    taken(limiter, 3)
    assert limiter.take("till") == Allowance(granted=False, remaining=0, full_in=2, next_in=0.5)


def test_memory_is_bounded_and_who_was_silent_for_longest_begins_anew() -> None:
    limiter = RateLimiter(rate=1, burst=1, clock=Clock())
    for number in range(MOST_CALLERS):
        limiter.take(str(number))
    assert taken(limiter, 1, "0") == [False]
    limiter.take("one more")
    assert len(limiter._buckets) == MOST_CALLERS
    assert taken(limiter, 1, "0") == [False], "it was heard of a moment ago"
    assert taken(limiter, 1, "1") == [True]
