"""The reference page."""

from dataservice_operator.crd.reference import reference


def test_the_page_has_a_section_for_each_object_and_a_row_for_each_field() -> None:
    page = reference()
    assert "## spec.data.indexes[]\n" in page
    assert "| `replicas` | integer, 0 to 1000 | `1` | Number of pods." in page
    assert "| `database` | object | **required** |" in page


def test_the_page_shows_the_rules_with_their_own_words() -> None:
    page = reference()
    assert "- maxReplicas must be at least minReplicas" in page
    assert "*names beginning with DATASERVICE_, in whatever case, belong to the operator" in page
