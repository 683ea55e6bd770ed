import pytest

from dataservice.domain.trace_context import trace_id

TRACE = "0af7651916cd43dd8448eb211c80319c"
SPAN = "b7ad6b7169203331"


@pytest.mark.parametrize(
    "given",
    [f"00-{TRACE}-{SPAN}-01", f"00-{TRACE}-{SPAN}-00", f"cc-{TRACE}-{SPAN}-01-what-the-future-will-be"],
)
def test_the_trace_of_a_field_is_its_second_part(given: str) -> None:
    assert trace_id(given.encode()) == TRACE


@pytest.mark.parametrize(
    "given",
    [
        "",
        TRACE,
        f"ff-{TRACE}-{SPAN}-01",
        f"00-{'0' * 32}-{SPAN}-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"00-{TRACE.upper()}-{SPAN}-01",
        f"00-{TRACE}-{SPAN}-01-more",
        f"00-{TRACE}-{SPAN}-01\n",
        f"00-{TRACE}{SPAN}-01",
        f"cc-{TRACE}-{SPAN}-01.more",
    ],
)
def test_a_field_that_breaks_the_rules_names_no_trace(given: str) -> None:
    assert trace_id(given.encode()) == ""
