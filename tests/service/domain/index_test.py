import pytest

from dataservice.domain.index import Index, IndexField, check_unique_fields_required, parse_indexes
from dataservice.errors import InvalidSettings


def test_indexes_are_read_with_their_directions() -> None:
    assert parse_indexes(b'[{"fields": ["sku", "-_created_at"], "unique": true}, {"fields": ["a.b"]}]') == (
        Index((IndexField("sku"), IndexField("_created_at", descending=True)), unique=True),
        Index((IndexField("a.b"),)),
    )


def test_an_index_declared_twice_is_one() -> None:
    assert len(parse_indexes(b'[{"fields": ["a"]}, {"fields": ["-a"]}, {"fields": ["a"]}]')) == 2


@pytest.mark.parametrize("fields", ['["a", "b", "-a"]', '["_id"]', '["-_id"]'])
def test_an_index_that_mongodb_cannot_make_is_refused(fields: str) -> None:
    with pytest.raises(InvalidSettings, match=r"twice|always there"):
        parse_indexes(b'[{"fields": %b}]' % fields.encode())


@pytest.mark.parametrize(
    "text",
    [b"", b"{}", b"[1]", b'[{"fields": "a"}]', b'[{"fields": []}]', b'[{"fields": ["a"], "sparse": true}]']
    + [b'[{"fields": ["%s"]}]' % name for name in (b"", b"-", b"a..b", b".a", b"$a", b"a\\u0000")],
)
def test_what_is_no_list_of_indexes_is_refused(text: bytes) -> None:
    with pytest.raises(InvalidSettings):
        parse_indexes(text)


@pytest.mark.parametrize(
    ("fields", "schema"),
    [
        ('["sku"]', {"required": ["sku"]}),
        ('["a.b"]', {"required": ["a"], "properties": {"a": {"required": ["b"]}}}),
        ('["sku", "-_created_at"]', {"required": ["sku"]}),
        ('["_etag"]', {}),
    ],
)
def test_a_unique_index_over_required_fields_is_accepted(fields: str, schema: dict[str, object]) -> None:
    check_unique_fields_required(parse_indexes(b'[{"fields": %b, "unique": true}]' % fields.encode()), schema)


@pytest.mark.parametrize(
    ("fields", "schema"),
    [
        ('["sku"]', {}),
        ('["sku"]', {"properties": {"sku": {"type": "string"}}}),
        ('["sku", "lot"]', {"required": ["sku"]}),
        ('["a.b"]', {"required": ["a"]}),
        ('["a.b"]', {"required": ["a"], "properties": {"a": True}}),
        ('["a.b"]', {"required": ["a.b"]}),
    ],
)
def test_a_unique_index_over_an_optional_field_is_refused(fields: str, schema: dict[str, object]) -> None:
    with pytest.raises(InvalidSettings, match=r"needs '.*' required by the schema"):
        check_unique_fields_required(
            parse_indexes(b'[{"fields": %b, "unique": true}]' % fields.encode()), schema
        )


def test_other_indexes_may_be_over_optional_fields() -> None:
    check_unique_fields_required(parse_indexes(b'[{"fields": ["sku"]}]'), {})
