import pytest

from dataservice.domain.query.fields import MAX_FIELDS, cut, parse_fields
from dataservice.errors import InvalidFields

DOCUMENT = (
    b'{"_id":"x","a":{"b":1.50,"c":{"d":9007199254740993}},'
    b'"l":[{"b":1,"c":2},3,[{"b":4}],{}],"n":null,"_etag":"e"}'
)


@pytest.mark.parametrize(
    ("fields", "shown"),
    [
        ("_id", b'{"_id":"x"}'),
        ("n", b'{"_id":"x","n":null}'),
        ("_etag,n", b'{"_id":"x","n":null,"_etag":"e"}'),
        ("a.b", b'{"_id":"x","a":{"b":1.50}}'),
        ("a.c.d", b'{"_id":"x","a":{"c":{"d":9007199254740993}}}'),
        ("a,a.b", b'{"_id":"x","a":{"b":1.50,"c":{"d":9007199254740993}}}'),
        ("a.b,a", b'{"_id":"x","a":{"b":1.50,"c":{"d":9007199254740993}}}'),
        ("l.b", b'{"_id":"x","l":[{"b":1},[{"b":4}],{}]}'),
        ("a.x", b'{"_id":"x","a":{}}'),
        ("n.x,missing", b'{"_id":"x"}'),
    ],
)
def test_an_answer_has_the_fields_that_were_asked_for(fields: str, shown: bytes) -> None:
    assert cut(DOCUMENT, parse_fields(fields)) == shown


@pytest.mark.parametrize(
    "fields",
    [
        *("", "a,", ",a", "a..b", ".", "$where", "a.$", "_request", "_id.x", "\udcff", "a\0"),
        *(",".join(["a"] * (MAX_FIELDS + 1)), ".".join("a" * 40)),
    ],
)
def test_fields_that_no_client_may_see_or_name_are_refused(fields: str) -> None:
    with pytest.raises(InvalidFields) as refused:
        parse_fields(fields)

    str(refused.value).encode()
