"""What the owner of this instance declared, from the files that the settings name."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from dataservice.domain.index import Index, check_unique_fields_required, parse_indexes
from dataservice.errors import InvalidSettings
from dataservice.services.schema import ANY_OBJECT, DocumentSchema, parse_schema
from dataservice.settings import Settings

_T = TypeVar("_T")
_MIN_KEY_BYTES = 32


@dataclass(frozen=True, slots=True)
class Instance:
    schema: DocumentSchema
    indexes: tuple[Index, ...]
    cursor_key: bytes

    def __post_init__(self) -> None:
        check_unique_fields_required(self.indexes, self.schema.document)


def load_instance(settings: Settings) -> Instance:
    """Raises InvalidSettings that names the variable."""
    schema = _load("DATA__SCHEMA_FILE", settings.data.schema_file, parse_schema) or DocumentSchema(ANY_OBJECT)
    indexes = _load("DATA__INDEXES_FILE", settings.data.indexes_file, parse_indexes) or ()
    cursor_key = _load("API__CURSOR_KEY_FILE", settings.api.cursor_key_file, _key) or os.urandom(
        _MIN_KEY_BYTES
    )
    with _Naming("DATA__INDEXES_FILE"):
        return Instance(schema, indexes, cursor_key)


def _load(variable: str, path: Path | None, parse: Callable[[bytes], _T]) -> _T | None:
    if path is None:
        return None
    with _Naming(variable):
        try:
            text = path.read_bytes()
        except OSError as error:
            raise InvalidSettings(f"{path}: {error.strerror}") from error
        return parse(text)


class _Naming:
    """Puts the variable before the reason."""

    def __init__(self, variable: str) -> None:
        self._variable = variable

    def __enter__(self) -> None:
        pass

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, InvalidSettings):
            raise InvalidSettings(f"DATASERVICE_{self._variable}: {error}") from error


def _key(content: bytes) -> bytes:
    if len(content) < _MIN_KEY_BYTES:
        raise InvalidSettings(
            f"a cursor key has at least {_MIN_KEY_BYTES} random bytes, this one {len(content)}"
        )
    return content
