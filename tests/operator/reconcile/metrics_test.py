"""What a scrape is answered with."""

from prometheus_client.parser import text_string_to_metric_families

from dataservice_operator.reconcile.metrics import NOT_READY_LABELS, Metrics


def test_those_that_are_not_ready_are_samples_of_their_family_whatever_their_labels_say() -> None:
    rows = [("shop", "orders", "stalled", "InvalidSchema"), ("lab", "a", "reconciling", 'a "b"\\n\n\\\\')]
    metrics = Metrics()
    metrics.not_ready.set_function(lambda: rows)

    families = {each.name: each for each in text_string_to_metric_families(metrics.exposition().decode())}

    found = families["dataservice_operator_not_ready"]
    assert found.type == "gauge"
    assert [tuple(each.labels[name] for name in NOT_READY_LABELS) for each in found.samples] == rows
    assert {each.value for each in found.samples} == {1}
    assert "dataservice_operator_leading" in families


def test_where_all_are_ready_no_sample_is_there() -> None:
    assert Metrics().exposition().decode().count("dataservice_operator_not_ready{") == 0
