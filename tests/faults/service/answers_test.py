import pytest

from tests.faults.service.answers import LIMIT_SECONDS, Call, complaints
from tests.faults.service.history import NothingCompared

WELL = [
    Call(method, 0, 1, status)
    for method, status in [("POST", 201), ("GET", 200), ("PUT", 200), ("PATCH", 200), ("DELETE", 204)]
]


@pytest.mark.parametrize(
    "call",
    [
        Call("POST", 2, 3, 409),
        Call("PUT", 2, 3, 412),
        Call("GET", 2, 3, 503, retry_after=True),
        Call("GET", 4, 6, error="ReadError"),
        Call("GET", 6, 7, error="ConnectError"),
    ],
    ids=str,
)
def test_what_a_client_can_act_on_is_expected(call: Call) -> None:
    assert list(complaints([*WELL, call], [(5, 6)])) == []


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (Call("GET", 2, 3, 500), "unexpected"),
        (Call("GET", 2, 3, 404), "unexpected"),
        (Call("POST", 2, 3, 200), "unexpected"),
        (Call("GET", 2, 3, 503), "no Retry-After"),
        (Call("GET", 2, 3, error="ReadError"), "the service was there"),
        (Call("GET", 7, 8, error="ConnectError"), "the service was there"),
        (Call("GET", 0, LIMIT_SECONDS + 1, 200), "hangs"),
        (Call("GET", 0, LIMIT_SECONDS + 1, error="TimeoutError"), "hangs"),
    ],
    ids=str,
)
def test_what_no_client_should_get_is_told(call: Call, why: str) -> None:
    (complaint,) = complaints([*WELL, call], [(5, 6)])

    assert complaint.endswith(why)


@pytest.mark.parametrize("missing", WELL, ids=str)
def test_requests_that_never_went_well_prove_nothing(missing: Call) -> None:
    with pytest.raises(NothingCompared, match=missing.method):
        list(complaints([each for each in WELL if each != missing], []))
