"""Which ids a key makes."""

from uuid import RFC_4122, UUID

from hypothesis import given
from hypothesis import strategies as st

from dataservice.domain.idempotency import Key, keyed_request
from dataservice.domain.ids import is_document_id, uuid8

TEXTS = st.text(st.sampled_from('ab",[]|1'), max_size=4)


@given(TEXTS, TEXTS, TEXTS, st.integers(0, 10_000))
def test_an_id_is_a_uuid_of_version_8_and_follows_from_its_request(
    name: str, principal: str, key: str, index: int
) -> None:
    ids = {keyed_request(name, Key(principal, key), body).document_id(index) for body in (b"{}", b"[]")}

    (document_id,) = ids
    made = UUID(document_id)
    assert (made.version, made.variant, str(made)) == (8, RFC_4122, document_id)
    assert is_document_id(document_id)


@given(st.lists(st.tuples(TEXTS, TEXTS, TEXTS, st.integers(0, 12)), unique=True, max_size=50))
def test_no_two_requests_or_places_share_an_id(requests: list[tuple[str, str, str, int]]) -> None:
    ids = {keyed_request(name, Key(who, key), b"").document_id(at) for name, who, key, at in requests}

    assert len(ids) == len(requests)


def test_texts_that_are_alike_when_joined_are_others() -> None:
    requests = [("ab", "c", "1", 1), ("a", "bc", "1", 1), ("a", "b", "c1", 1), ("a", "b", "c", 11)]

    assert (
        len({keyed_request(name, Key(who, key), b"").document_id(at) for name, who, key, at in requests}) == 4
    )


def test_all_free_bits_of_a_uuid_are_of_the_digest() -> None:
    assert uuid8(b"\xff" * 32) == "ffffffff-ffff-8fff-bfff-ffffffffffff"
    assert uuid8(b"\x00" * 32) == "00000000-0000-8000-8000-000000000000"


def test_the_hash_is_of_the_body() -> None:
    one, other = [keyed_request("n", Key("", "k"), body).hash for body in (b"{}", b"{} ")]

    assert one != other
    assert one == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
