"""Quantities in the form in which the API server stores them."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dataservice_operator.render.quantity import amount, canonical

BINARY = {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "Pi": 2**50, "Ei": 2**60}
DECIMAL: dict[str, int | Fraction] = {
    "n": Fraction(1, 10**9),
    "u": Fraction(1, 10**6),
    "m": Fraction(1, 1000),
    "k": 10**3,
    "M": 10**6,
    "G": 10**9,
    "T": 10**12,
    "P": 10**15,
    "E": 10**18,
}
SUFFIXES: dict[str, int | Fraction] = {**BINARY, **DECIMAL, "": 1}

numbers = st.one_of(
    st.integers(min_value=0, max_value=10**6).map(str),
    st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False).map(lambda number: f"{number:f}"),
)
quantities = st.one_of(
    st.builds("{}{}".format, numbers, st.sampled_from(sorted(SUFFIXES))),
    st.builds("{}e{}".format, numbers, st.integers(min_value=-3, max_value=12)),
)


def value(quantity: str) -> Fraction:
    """What a quantity is worth: an implementation of its own, of the format's definition."""
    if "e" in quantity:
        number, exponent = quantity.split("e")
        return Fraction(number) * Fraction(10) ** int(exponent)
    number = quantity.rstrip("numkKMGTPEi")
    return Fraction(number) * SUFFIXES[quantity.removeprefix(number)]


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        # CPU
        ("1000m", "1"),
        ("1500m", "1500m"),
        ("0.5", "500m"),
        ("0.1", "100m"),
        (".5", "500m"),
        ("2.", "2"),
        ("+1", "1"),
        (2, "2"),
        ("0", "0"),
        ("0m", "0"),
        ("0.0001", "1m"),
        ("0.0000000001", "1m"),
        ("100u", "1m"),
        ("1500000001n", "1501m"),
        # memory
        ("1.0001Ti", "1099621578938778m"),
        ("1024Ki", "1Mi"),
        ("1024Mi", "1Gi"),
        ("1.5Gi", "1536Mi"),
        ("0.5Ki", "512"),
        ("1.5Ki", "1536"),
        ("0Mi", "0"),
        ("1000", "1k"),
        ("1000k", "1M"),
        ("1073741824", "1073741824"),
        ("128974848000m", "128974848"),
        ("129M", "129M"),
        # exponents keep their family
        ("1e3", "1e3"),
        ("1000e0", "1e3"),
        ("12E2", "1200"),
        ("129e6", "129e6"),
        ("5E", "5E"),
    ],
)
def test_a_quantity_is_stored_in_its_shortest_form(written: int | str, stored: str) -> None:
    assert canonical(written) == stored


@given(quantities)
def test_the_stored_form_is_stored_as_it_is(quantity: str) -> None:
    assert canonical(canonical(quantity)) == canonical(quantity)


@given(quantities)
def test_the_stored_form_is_worth_the_same_to_the_milli(quantity: str) -> None:
    assert 0 <= value(canonical(quantity)) - value(quantity) < Fraction(1, 1000)


@given(quantities)
def test_an_amount_is_what_the_suffix_makes_of_the_number(quantity: str) -> None:
    assert amount(quantity) == value(quantity)


@pytest.mark.parametrize(
    "nonsense", ["", "m", "1.2.3", "1 Gi", "1gi", "1Mi5", ".", "1e", "٣", "1e999999999", "1e-1000"]
)
def test_what_is_no_quantity_is_refused(nonsense: str) -> None:
    with pytest.raises(ValueError, match=r"quantity|Fraction"):
        canonical(nonsense)
