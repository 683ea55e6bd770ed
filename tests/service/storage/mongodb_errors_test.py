import pytest
from pymongo.errors import WriteError

from dataservice.errors import InvalidDocument
from dataservice.storage.mongodb_errors import DriverErrors


@pytest.mark.parametrize(("code", "told"), [(121, "collection-validator"), (171, "parallel-arrays")])
def test_what_the_collection_itself_refuses_is_an_invalid_document(code: int, told: str) -> None:
    with pytest.raises(InvalidDocument) as refused, DriverErrors("db:27017"):
        raise WriteError("cannot", code)

    assert [violation.code for violation in refused.value.violations] == [told]
