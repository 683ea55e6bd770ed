"""What a document may hold in every store."""

MAX_DEPTH = 32
MAX_VIOLATIONS = 50
"""How many broken rules an answer names; one at least of each item of an array."""
INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1


def violations_of_each(items: int) -> int:
    """How many broken rules of each of several documents an answer names."""
    return max(1, MAX_VIOLATIONS // max(1, items))
