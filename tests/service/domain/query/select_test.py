from dataservice.domain.document import Stored
from dataservice.domain.query.budget import Budget
from dataservice.domain.query.parse import parse_filter
from dataservice.domain.query.select import count

DOCUMENTS = [Stored(f"d{number}", None, b'{"n":%d}' % number) for number in range(5)]


def test_a_count_goes_no_further_than_is_asked() -> None:
    condition = parse_filter('{"n": {"$gt": 0}}')

    assert count(DOCUMENTS, condition, Budget(), most=2) == 2
    assert count(DOCUMENTS, condition, Budget(), most=None) == 4
