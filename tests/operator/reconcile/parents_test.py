"""The DataServices as last told."""

from typing import Any

import pytest

from dataservice_operator.cluster.kinds import CONFIG_MAP, SECRET
from dataservice_operator.reconcile.parents import Parents, is_new
from tests.operator.samples import EMBEDDED, KEY, raw


def using(secret: str, **changes: Any) -> dict[str, Any]:
    reference = {"name": secret, "key": "uri"}
    mongodb = {"uriSecret": reference, "database": "shop", "collection": "orders"}
    return raw(database={"mongodb": mongodb}, **changes)


def test_the_newest_is_kept_in_whatever_order_they_come() -> None:
    """The answer to an own write may come before an older event."""
    parents = Parents()
    parents.put(raw(version=10, replicas=2))
    parents.put(raw(version=9, replicas=1))
    known = parents.get(KEY)
    assert known is not None
    assert known["spec"]["replicas"] == 2


@pytest.mark.parametrize(("found_gone", "kept"), [("9", True), ("10", False)])
def test_one_that_is_gone_is_dropped_unless_newer_was_told(found_gone: str, *, kept: bool) -> None:
    parents = Parents()
    parents.put(raw(version=10))
    assert parents.drop_version(KEY, found_gone) is not kept
    assert not parents.drop_version(("shop", "unknown"), found_gone)
    assert (KEY in parents) is kept


def test_versions_are_numbers_and_not_text() -> None:
    parents = Parents()
    parents.put(raw(version=9))
    parents.put(raw(version=10, replicas=2))
    known = parents.get(KEY)
    assert known is not None
    assert known["metadata"]["resourceVersion"] == "10"


def test_a_secrets_users_are_those_that_refer_to_it_now() -> None:
    parents = Parents()
    parents.put(using("one", name="orders", version=1))
    parents.put(using("one", name="payments", version=2))
    assert parents.users_of(SECRET, ("shop", "one")) == {("shop", "orders"), ("shop", "payments")}
    parents.put(using("two", name="orders", version=3))
    assert parents.users_of(SECRET, ("shop", "one")) == {("shop", "payments")}
    assert parents.users_of(SECRET, ("shop", "two")) == {("shop", "orders")}


def test_a_secret_of_another_namespace_is_another() -> None:
    parents = Parents()
    parents.put(using("one"))
    assert not parents.users_of(SECRET, ("lab", "one"))


def test_what_is_dropped_is_nobodys_user() -> None:
    parents = Parents()
    parents.put(using("one"))
    parents.drop(KEY)
    parents.drop(KEY)
    assert parents.get(KEY) is None
    assert not parents.users_of(SECRET, ("shop", "one"))
    assert (len(parents), parents.keys()) == (0, ())


def test_an_embedded_database_refers_to_no_secret() -> None:
    parents = Parents()
    parents.put(using("one", version=1))
    parents.put(raw(version=2, **EMBEDDED))
    assert not parents.users_of(SECRET, ("shop", "one"))


def test_a_spec_that_cannot_be_read_refers_to_nothing() -> None:
    parents = Parents()
    unreadable = raw()
    unreadable["spec"] = {"database": None}
    parents.put(unreadable)
    assert parents.keys() == (KEY,)


def test_an_own_write_is_no_news_when_its_event_comes() -> None:
    parents = Parents()
    assert parents.put(raw(version=9))
    assert not parents.put(raw(version=9))
    assert not parents.put(raw(version=8))


@pytest.mark.parametrize(
    "status", [7, {"conditions": "none"}, {"conditions": [7, "x", {"type": [], "status": "True"}]}], ids=str
)
def test_a_status_that_makes_no_sense_is_that_of_a_new_one(status: Any) -> None:
    parents = Parents()
    garbled = {**raw(), "status": status}
    parents.put(garbled)
    assert is_new(garbled)
    assert parents.states() == {"new": 1}


def test_they_are_counted_by_what_their_status_says() -> None:
    parents = Parents()
    for number, kind in enumerate(["Ready", "Reconciling", "Stalled", "Stalled", "Available"]):
        condition = {"type": kind, "status": "True", "reason": "R", "message": ""}
        parents.put(raw(name=f"orders-{number}", status={"conditions": [condition]}))
    assert parents.states() == {"ready": 1, "reconciling": 1, "stalled": 2, "new": 1}


def test_those_that_are_not_ready_are_named_with_the_reason_until_they_are() -> None:
    parents = Parents()

    def told(version: int, *conditions: tuple[str, str, str]) -> None:
        status = [
            {"type": kind, "status": value, "reason": reason, "message": ""}
            for kind, value, reason in conditions
        ]
        parents.put(raw(version=version, status={"conditions": status}))

    parents.put(raw(version=1))
    assert list(parents.not_ready()) == []
    told(2, ("Ready", "False", "SecretNotFound"), ("Reconciling", "True", "Waiting"))
    assert list(parents.not_ready()) == [(*KEY, "reconciling", "SecretNotFound")]
    told(3, ("Ready", "False", "SecretNotFound"), ("Stalled", "True", "DeadlineExceeded"))
    assert list(parents.not_ready()) == [(*KEY, "stalled", "SecretNotFound")]
    told(4, ("Ready", "True", "PodsReady"))
    assert list(parents.not_ready()) == []


def test_one_secret_for_two_things_is_referred_to_once() -> None:
    parents = Parents()
    keys = {"auth": {"mode": "APIKey", "keysSecret": {"name": "one"}}}
    parents.put(using("one", api=keys))
    assert parents.users_of(SECRET, ("shop", "one")) == {KEY}
    parents.put(using("two", api=keys, version=2))
    assert parents.users_of(SECRET, ("shop", "one")) == {KEY}
    parents.drop(KEY)
    assert not parents.users_of(SECRET, ("shop", "one"))


def test_a_config_map_is_referred_to_where_it_has_the_schema() -> None:
    parents = Parents()
    reference = {"configMap": {"name": "one", "key": "schema.json"}}
    parents.put(raw(data={"schemaFrom": reference}))
    assert parents.users_of(CONFIG_MAP, ("shop", "one")) == {KEY}
    assert not parents.users_of(SECRET, ("shop", "one"))
    parents.put(raw(version=2))
    assert not parents.users_of(CONFIG_MAP, ("shop", "one"))
