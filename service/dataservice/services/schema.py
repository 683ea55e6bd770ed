"""The instance's JSON Schema (2020-12)."""

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Any, NoReturn

import jsonschema_rs
import msgspec

from dataservice.domain.json_limits import MAX_VIOLATIONS
from dataservice.domain.pointer import pointer
from dataservice.errors import InvalidDocument, InvalidSettings, Violation

_MAX_DETAIL = 300
ANY_OBJECT: Mapping[str, Any] = {"type": "object"}


class DocumentSchema:
    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raises InvalidSettings if this is not a schema, or if it refers to another file or host."""
        self.document = dict(schema)
        self.json = msgspec.json.encode(self.document)
        self._validator = _compiled(self.document)

    def check(self, fields: Mapping[str, Any]) -> None:
        """Raises InvalidDocument with the failing keyword as code."""
        if not self._validator.is_valid(fields):
            raise InvalidDocument(tuple(islice(self._violations(fields), MAX_VIOLATIONS)))

    def _violations(self, fields: Mapping[str, Any]) -> Iterator[Violation]:
        for error in self._validator.iter_errors(fields):
            yield Violation(pointer(error.instance_path), error.kind.name, error.message[:_MAX_DETAIL])


def parse_schema(text: bytes) -> DocumentSchema:
    try:
        schema = msgspec.json.decode(text, type=dict[str, Any])
    except RecursionError:
        raise InvalidSettings("the schema cannot be used: it nests too deep") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise InvalidSettings(f"not a JSON object: {error}") from error
    return DocumentSchema(schema)


def _compiled(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    try:
        return jsonschema_rs.Draft202012Validator(
            schema,
            # "format" is only a remark in 2020-12; who writes `format: email` wants it checked.
            validate_formats=True,
            # Schemas come from a resource that others may write: nothing outside of it is read.
            retriever=_refuse,
            # Messages do not repeat what the client sent, which may be long or secret.
            mask="the value",
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise InvalidSettings(_reason(error)) from error


def _reason(error: Exception) -> str:
    if isinstance(error, jsonschema_rs.ValidationError):
        reason = f"{pointer(error.instance_path)} {error.message[:_MAX_DETAIL]}"
    else:
        reason = str(error).splitlines()[0][:_MAX_DETAIL]
    return f"the schema cannot be used: {' '.join(reason.split())}"  # one line, whatever the schema holds


def _refuse(uri: str) -> NoReturn:
    raise ValueError(f"$ref to {uri} is refused: put the definition under $defs")
