"""The operator that turns a DataService into a data API."""

__version__ = "0.1.0"
"""As in pyproject.toml; an image holds this tree alone, without the package's metadata."""
