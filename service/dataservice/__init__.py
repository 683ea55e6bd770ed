"""The data API of one collection."""

__version__ = "0.1.0"
"""As in pyproject.toml; an image holds this tree alone, without the package's metadata."""
