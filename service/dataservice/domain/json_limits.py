"""What a document may hold in every store."""

MAX_DEPTH = 32
MAX_VIOLATIONS = 50
"""How many broken rules an answer names."""
INT64_MIN = -(2**63)
INT64_MAX = 2**63 - 1
