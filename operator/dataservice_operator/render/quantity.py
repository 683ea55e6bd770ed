"""Quantities as the API server stores them in a pod (`1000m` becomes `1`).

The rules are those of Go's resource.Quantity: the number keeps its family of suffixes and gets the largest suffix
that leaves an integer; a pod's are rounded up to the milli first (https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/).
"""

import re
from fractions import Fraction
from math import ceil
from typing import Final

_FORM: Final = re.compile(r"([+-]?[0-9.]+)(?:([KMGTPE]i)|([numkMGTPE])|[eE]([+-]?[0-9]{1,3}))?")
_BINARY: Final = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
_DECIMAL: Final = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_DECIMAL_SUFFIX: Final = {exponent: suffix for suffix, exponent in _DECIMAL.items()}
_KIBI: Final = 1024


def canonical(quantity: int | str) -> str:
    """The canonical form of a valid quantity.

    Raises:
        ValueError: not a quantity, or one whose exponent would take for ever to work out; admission refuses it.
    """
    value, (binary, _, exponent) = amount(quantity), _parts(quantity)[1:]
    if binary and value.denominator == 1 and abs(value) >= _KIBI:
        return _binary(int(value))
    return _decimal(value) if exponent is None else _exponent(value)


def amount(quantity: int | str) -> Fraction:
    """The number that a valid quantity stands for.

    Raises:
        ValueError: not a quantity.
    """
    number, binary, decimal, exponent = _parts(quantity)
    if binary:
        return Fraction(number) * Fraction(_KIBI ** _BINARY.index(binary))
    power = _DECIMAL[decimal or ""] if exponent is None else int(exponent)
    return Fraction(number) * Fraction(f"1e{power}")


def _parts(quantity: int | str) -> tuple[str, str | None, str | None, str | None]:
    """Number, binary suffix, decimal suffix, exponent."""
    match = _FORM.fullmatch(str(quantity))
    if match is None:
        message = f"{quantity!r} is not a quantity"
        raise ValueError(message)
    number, binary, decimal, exponent = match.groups()
    return number, binary, decimal, exponent


def _binary(value: int) -> str:
    step = 0
    while value % _KIBI == 0 and step < len(_BINARY) - 1:
        value, step = value // _KIBI, step + 1
    return f"{value}{_BINARY[step]}"


def _decimal(value: Fraction) -> str:
    mantissa, exponent = _thousands(value, largest=18)
    return f"{mantissa}{_DECIMAL_SUFFIX[exponent]}"


def _exponent(value: Fraction) -> str:
    mantissa, exponent = _thousands(value, largest=10**6)
    return f"{mantissa}e{exponent}" if exponent else str(mantissa)


def _thousands(value: Fraction, largest: int) -> tuple[int, int]:
    millis = ceil(value * 10**3)
    exponent = -3
    while millis and millis % 1000 == 0 and exponent < largest:
        millis, exponent = millis // 1000, exponent + 3
    return (millis, exponent) if millis else (0, 0)
